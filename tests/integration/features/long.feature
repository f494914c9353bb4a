Feature: A run that is long enough to be interrupted

  Scenario: Many changes
    Given a patient
    When I change the patient's telefon 20000 times in a row
    Then no event is published
