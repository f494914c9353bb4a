@created
Feature: Creating a patient publishes an event
  Other services learn of a patient by the event that follows the creation.
  Every event is compared to its last field: nothing missing, nothing extra.

  Scenario: A new patient is published with all its data
    When I create a patient
    Then the service responds with 201
    And the service responds with the patient
    And a patient.created event is published within 5 seconds

  Scenario: Creating a patient publishes exactly one event
    When I create a patient
    Then exactly one patient.created event is published
    And no patient.updated event is published
    And no patient.deleted event is published
    And the service stores each patient of this scenario exactly once

  Scenario: A patient with only the names is published too
    When I create a patient with only the required fields
    Then a patient.created event is published
    And the event shows the patient's email as “(none)”
    And the event shows the patient's telefon as “(none)”

  Scenario: A new patient is open for matching
    When I create a patient
    Then a patient.created event is published
    And the event shows the patient's status as “offen”

  Scenario Outline: Names arrive exactly as they were entered: <vorname> <nachname>
    When I create a patient with
      | field    | value      |
      | vorname  | <vorname>  |
      | nachname | <nachname> |
    Then the service responds with the patient
    And a patient.created event is published
    And the event shows the patient's nachname as “<nachname>”
    And the stored patient is unchanged

    Examples: names
      | vorname     | nachname             |
      | Jürgen      | Größner-Äpfelböck    |
      | Sinéad      | O'Testington         |
      | Test 🦊     | Probe 🌻👩‍⚕️           |
      | Łucja       | Przykładowa-Žižková  |
      | 太郎        | 試験                 |
      | "Quotation" | Back\\slash & <Angle> |

  Scenario Outline: The longest names are not cut off: <field>
    When I create a patient whose <field> has 255 characters
    Then the service responds with 201
    And a patient.created event is published
    And the stored patient is unchanged

    Examples: fields
      | field    |
      | vorname  |
      | nachname |

  Scenario: A field that the service does not know is ignored
    When I create a patient with the unknown field “haustier”
    Then the service responds with 201
    And the service responds with the patient
    And a patient.created event is published
    And the stored patient is unchanged

  Scenario: Patients created at the same time are all published
    When I create 10 patients at once
    Then exactly 10 patient.created events are published within 10 seconds
    And every event has an id of its own
