@updated
Feature: Changing a patient publishes an event
  The event shows the patient as it is right after the change.

  Background:
    Given a patient

  Scenario Outline: Changing one field: <field>
    When I change the patient's <field> to “<value>”
    Then the service responds with the patient
    And exactly one patient.updated event is published
    And the event shows the patient's <field> as “<value>”

    Examples: fields
      | field    | value             |
      | anrede   | Herr              |
      | vorname  | Beispiela         |
      | nachname | Musterfrau        |
      | email    | neu@example.org   |
      | telefon  | +49 40 5550123    |
      | status   | auf der Suche     |

  Scenario: Changing every field at once
    When I change the patient's data to
      | field    | value              |
      | anrede   | Herr               |
      | vorname  | Max                |
      | nachname | Probemann          |
      | email    | probe@example.org  |
      | telefon  | +49 89 5550145     |
      | status   | in Therapie        |
    Then the service responds with the patient
    And exactly one patient.updated event is published

  Scenario: A change leaves the other patients unchanged
    Given 2 patients
    When I change the patient's status to “in Therapie”
    Then exactly one patient.updated event is published
    And the service stores each patient of this scenario exactly once

  Scenario Outline: Clearing a field: <field>
    When I clear the patient's <field>
    Then the service responds with the patient
    And a patient.updated event is published
    And the event shows the patient's <field> as “(none)”

    Examples: fields that may be empty
      | field   |
      | anrede  |
      | email   |
      | telefon |

  Scenario: Fields that are left out keep their value
    When I change the patient's telefon to “+49 30 5550177”
    And I change the patient's email to “zweite@example.org”
    Then exactly 2 patient.updated events are published
    And the event shows the patient's telefon as “+49 30 5550177”
    And the stored patient is unchanged

  Scenario: A field that the service does not know is ignored
    When I change the patient and give the unknown field “haustier” too
    Then the service responds with the patient
    And exactly one patient.updated event is published
    And the stored patient is unchanged

  Scenario: A change that changes nothing is published too
    When I change the patient's vorname to “Erika”
    Then exactly one patient.updated event is published

  Scenario: Every change of status is published
    When I change the patient's status step by step to
      | status                |
      | auf der Suche         |
      | in Therapie           |
      | Therapie abgeschlossen |
      | Suche abgebrochen     |
      | Therapie abgebrochen  |
      | offen                 |
    Then exactly 6 patient.updated events are published
    And each patient's events are in the order of the changes
