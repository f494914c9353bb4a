Feature: A run that is long enough to be interrupted

  Scenario: The run is under way
    When I create a patient
    Then exactly one patient.created event is published

  Scenario: Many changes
    Given a patient
    When I change the patient's telefon 20000 times in a row
    Then no event is published
