@read
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

  Scenario: A list has every patient, and each once
    Given 30 patients
    Then the service keeps each patient of this scenario once
    And no event is published

  Scenario: Reading the patients with a status
    Given a patient with the status “in Therapie”
    When I ask for the patients with the status “in Therapie”
    Then the service answers with a list that has the patient
    And every patient in the list has the status “in Therapie”
    And no event is published

  Scenario Outline: The patients with a status are those that have it now: <now>, not <before>
    Given a patient with the status “<before>”
    When I change the patient's status to “<now>”
    Then a patient.updated event is published
    When I ask for the patients with the status “<now>”
    Then the service answers with a list that has the patient
    And every patient in the list has the status “<now>”
    When I ask for the patients with the status “<before>”
    Then every patient in the list has the status “<before>”
    And no event is published

    Examples: statuses
      | before      | now         |
      | offen       | in Therapie |
      | in Therapie | offen       |
