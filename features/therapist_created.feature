@therapist-service @created
Feature: Creating a therapist publishes an event
  Other services learn of a therapist by the event that follows the creation.

  Scenario: A new therapist is published with all data
    When I create a therapist
    Then the service responds with 201
    And the service responds with the therapist
    And a therapist.created event is published within 5 seconds

  Scenario: Creating a therapist publishes exactly one event
    When I create a therapist
    Then exactly one therapist.created event is published
    And no other event is published
    And the service stores each therapist of this scenario exactly once

  Scenario: A therapist with only the names is published too
    When I create a therapist with only the required fields
    Then a therapist.created event is published
    And the event shows the therapist's titel as “(none)”
    And the event shows the therapist's telefon as “(none)”

  Scenario: A new therapist is active
    When I create a therapist
    Then a therapist.created event is published
    And the event shows the therapist's status as “aktiv”

  Scenario: A therapist who is created as blocked is published as created
    When I create a therapist with
      | field      | value               |
      | status     | gesperrt            |
      | sperrgrund | Zulassung abgelaufen |
    Then the service responds with the therapist
    And exactly one therapist.created event is published
    And the event shows the therapist's status as “gesperrt”
    And no other event is published

  Scenario Outline: Names and titles arrive exactly as they were entered: <titel> <nachname>
    When I create a therapist with
      | field    | value      |
      | titel    | <titel>    |
      | nachname | <nachname> |
    Then the service responds with the therapist
    And a therapist.created event is published
    And the event shows the therapist's nachname as “<nachname>”
    And the stored therapist is unchanged

    Examples: names
      | titel              | nachname              |
      | Prof. Dr. med.     | Größner-Äpfelböck     |
      | Dipl.-Psych.       | O'Testington          |
      | Dr. 🦊             | Przykładowa-Žižková   |
      | "Dr."              | Back\\slash & <Angle> |

  Scenario: The longest names are not cut off
    When I create a therapist whose nachname has 255 characters
    Then the service responds with 201
    And a therapist.created event is published
    And the stored therapist is unchanged

  Scenario: A field that the service does not know is ignored
    When I create a therapist with the unknown field “haustier”
    Then the service responds with 201
    And the service responds with the therapist
    And a therapist.created event is published
    And the stored therapist is unchanged

  Scenario: Therapists created at the same time are all published
    When I create 10 therapists at once
    Then exactly 10 therapist.created events are published within 10 seconds
    And every event has an id of its own
