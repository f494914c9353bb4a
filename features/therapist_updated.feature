@therapist-service @updated
Feature: Changing a therapist publishes an event
  The event shows the therapist as it is right after the change.

  Background:
    Given a therapist

  Scenario Outline: Changing one field: <field>
    When I change the therapist's <field> to “<value>”
    Then the service responds with the therapist
    And exactly one therapist.updated event is published
    And the event shows the therapist's <field> as “<value>”

    Examples: fields
      | field    | value            |
      | anrede   | Herr             |
      | titel    | Prof. Dr.        |
      | vorname  | Beispiela        |
      | nachname | Musterfrau       |
      | email    | neu@example.org  |
      | telefon  | +49 40 5550123   |
      | status   | inaktiv          |

  Scenario: Changing every field at once
    When I change the therapist's data to
      | field    | value             |
      | anrede   | Herr              |
      | titel    | Dipl.-Psych.      |
      | vorname  | Max               |
      | nachname | Probemann         |
      | email    | probe@example.org |
      | telefon  | +49 89 5550145    |
      | status   | inaktiv           |
    Then the service responds with the therapist
    And exactly one therapist.updated event is published

  Scenario: A change leaves the other therapists unchanged
    Given 2 therapists
    When I change the therapist's status to “inaktiv”
    Then exactly one therapist.updated event is published
    And the service stores each therapist of this scenario exactly once

  Scenario Outline: Clearing a field: <field>
    When I clear the therapist's <field>
    Then the service responds with the therapist
    And a therapist.updated event is published
    And the event shows the therapist's <field> as “(none)”

    Examples: fields that may be empty
      | field   |
      | anrede  |
      | titel   |
      | email   |
      | telefon |

  Scenario: Fields that are left out keep their value
    When I change the therapist's telefon to “+49 30 5550177”
    And I change the therapist's email to “zweite@example.org”
    Then exactly 2 therapist.updated events are published
    And the event shows the therapist's telefon as “+49 30 5550177”
    And the stored therapist is unchanged

  Scenario: A field that the service does not know is ignored
    When I change the therapist and give the unknown field “haustier” too
    Then the service responds with the therapist
    And exactly one therapist.updated event is published
    And the stored therapist is unchanged

  Scenario: A change that changes nothing is published too
    When I change the therapist's vorname to “Erika”
    Then exactly one therapist.updated event is published
    And no other event is published

  Scenario: A reason without a block is stored, and blocks nobody
    When I change the therapist's sperrgrund to “Zulassung abgelaufen”
    Then the service responds with the therapist
    And exactly one therapist.updated event is published
    And no other event is published
