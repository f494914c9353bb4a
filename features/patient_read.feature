Feature: Reading publishes nothing

  Background:
    Given a patient

  Scenario: Reading one patient
    When I ask for the patient
    Then the service answers with the patient
    And no event is published

  Scenario: Reading all patients
    When I ask for all patients
    Then the service answers with a list that has the patient
    And no event is published

  Scenario: Reading the patients with a status
    Given a patient with the status “in Therapie”
    When I ask for the patients with the status “in Therapie”
    Then the service answers with a list that has the patient
    And every patient in the list has the status “in Therapie”
    And no event is published
