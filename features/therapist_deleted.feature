@therapist-service @deleted
Feature: Deleting a therapist publishes no event
  The deletion of a therapist is not announced; other services keep what they know.

  Background:
    Given a therapist

  Scenario: A deletion is not published
    When I delete the therapist
    Then the service responds with 200 “Therapist deleted successfully”
    And no event is published
    And the service stores no therapist of this scenario

  Scenario: The deletion of a blocked therapist is not published either
    Given a therapist with the status “gesperrt”
    When I delete the therapist
    Then the service responds with 200 “Therapist deleted successfully”
    And no event is published

  Scenario: A deleted therapist cannot be deleted again
    When I delete the therapist
    And I try to delete the therapist
    Then the service responds with 404 “Therapist not found”
    And no event is published

  Scenario: A deleted therapist cannot be changed
    When I delete the therapist
    And I try to change the therapist
    Then the service responds with 404 “Therapist not found”
    And no event is published

  Scenario: Deleting a therapist leaves the others unchanged
    Given 2 therapists
    When I delete the therapist
    Then no event is published
    And the service stores each therapist of this scenario exactly once

  Scenario: A deleted therapist can no longer be read
    When I delete the therapist
    And I read the therapist
    Then the service responds with 404 “Therapist not found”
    And no event is published
