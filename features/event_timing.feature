@timing
Feature: An event is published only after its change is saved
  Other services read a patient as soon as they receive its event. If the event is published before the change
  is saved, they find the old data, or no patient at all.

  Scenario: A new patient can be read as soon as its event arrives
    Given another service that reads the patient as soon as an event comes
    When I create a patient
    Then a patient.created event is published
    And the other service finds what the event says

  Scenario: A change can be read as soon as its event arrives
    Given a patient
    And another service that reads the patient as soon as an event comes
    When I change the patient's status to “in Therapie”
    Then a patient.updated event is published
    And the other service finds what the event says

  Scenario: A deleted patient can no longer be read once its event arrives
    Given a patient
    And another service that reads the patient as soon as an event comes
    When I delete the patient
    Then a patient.deleted event is published
    And the other service finds what the event says
