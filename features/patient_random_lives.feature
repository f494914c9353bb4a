@lives
Feature: Whatever happens to patients, the events tell it
  Patients live lives that nobody has thought of; a model says which events each must leave. When one
  goes otherwise, the shortest story that does is printed.

  Scenario: Random lives, up to three at the same time
    When patients live random lives
    Then each life has left the events that the model says, and no others

  Scenario: Two patients at the same time
    When these patients live at the same time
      | patient 1                                          | patient 2                                          |
      | I create a patient                                 | I create a patient with nothing but the names      |
      | I change the patient's status to “auf der Suche”   | I change the patient's telefon to “+49 30 5550123” |
      | I try to change the patient's vorname to a number  | I ask for the patient                              |
      | I change the patient's status to “in Therapie”     | I delete the patient                               |
    Then exactly 2 patient.created events are published
    And exactly 3 patient.updated events are published
    And exactly one patient.deleted event is published
    And no other event is published
    And each patient's events are in the order of the changes
