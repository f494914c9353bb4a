@therapist-service @read
Feature: Reading therapists publishes no event

  Background:
    Given a therapist

  Scenario: Reading one therapist
    When I read the therapist
    Then the service responds with the therapist
    And no event is published

  Scenario: Reading all therapists
    When I read all therapists
    Then the service responds with a list that has the therapist
    And no event is published

  Scenario: The list of therapists has every therapist, and each once
    Given 30 therapists
    Then the service stores each therapist of this scenario exactly once
    And no event is published

  Scenario Outline: A list by status has the therapists that have it now: <now>, not <before>
    Given a therapist with the status “<before>”
    When I change the therapist's status to “<now>”
    Then a <event> event is published
    When I read the therapists with the status “<now>”
    Then the service responds with a list that has the therapist
    And every therapist in the list has the status “<now>”
    When I read the therapists with the status “<before>”
    Then every therapist in the list has the status “<before>”
    And no event is published

    Examples: statuses
      | before   | now      | event               |
      | aktiv    | gesperrt | therapist.blocked   |
      | gesperrt | aktiv    | therapist.unblocked |
      | inaktiv  | aktiv    | therapist.updated   |
