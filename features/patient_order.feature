@order
Feature: A patient's events arrive in the order of its changes
  A service that reads the topic from its beginning knows the same of every patient as the patient service.

  Scenario: From creation to deletion
    When I create a patient
    And I change the patient's status to “auf der Suche”
    And I change the patient's status to “in Therapie”
    And I delete the patient
    Then exactly one patient.created event is published
    And exactly 2 patient.updated events are published
    And exactly one patient.deleted event is published
    And the patient's events are, in this order
      | event           |
      | patient.created |
      | patient.updated |
      | patient.updated |
      | patient.deleted |

  Scenario: Created and immediately deleted
    When I create a patient
    And I delete the patient
    Then a patient.created event is published
    And a patient.deleted event is published
    And each patient's events are in the order of the changes

  Scenario: The same patient changed many times
    Given a patient
    When I change the patient's telefon 20 times in a row
    Then exactly 20 patient.updated events are published within 10 seconds
    And each patient's events are in the order of the changes

  Scenario: Several patients changed in turn
    Given 5 patients
    When I change every patient's status to “auf der Suche”
    And I change every patient's status to “in Therapie”
    Then exactly 10 patient.updated events are published within 10 seconds
    And each patient's events are in the order of the changes

  Scenario: Two clients change patients at the same time
    When as client 1, I create a patient
    And as client 1, I change the patient's status to “auf der Suche”
    And as client 1, I try to change the patient's vorname to a number
    And as client 1, I change the patient's status to “in Therapie”
    And as client 2, I create a patient with only the required fields
    And as client 2, I change the patient's telefon to “+49 30 5550123”
    And as client 2, I read the patient
    And as client 2, I delete the patient
    And all clients do this at the same time
    Then exactly 2 patient.created events are published
    And exactly 3 patient.updated events are published
    And exactly one patient.deleted event is published
    And no other event is published
    And each patient's events are in the order of the changes
