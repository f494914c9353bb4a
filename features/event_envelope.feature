@envelope
Feature: Every event has the same envelope
  Each “… event is published” of this suite compares the whole envelope; here it is put into words.

  Scenario: The envelope names type, version and producer
    When I create a patient
    Then a patient.created event is published
    And the event's eventType is “patient.created”
    And the event's version is “1.0”
    And the event's producer is “patient-service”
    And the event's key is the patient's id

  Scenario: Every event has an id of its own
    When I create a patient
    And I change the patient's vorname to “Beispiela”
    And I delete the patient
    Then a patient.created event is published
    And a patient.updated event is published
    And a patient.deleted event is published
    And every event has an id of its own
