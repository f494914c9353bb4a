@read
Feature: Reading patients publishes no event

  Background:
    Given a patient

  Scenario: Reading one patient
    When I read the patient
    Then the service responds with the patient
    And no event is published

  Scenario: Reading all patients
    When I read all patients
    Then the service responds with a list that has the patient
    And no event is published

  Scenario: The list of patients has every patient, and each once
    Given 30 patients
    Then the service stores each patient of this scenario exactly once
    And no event is published

  Scenario: Reading the patients with a status
    Given a patient with the status “in Therapie”
    When I read the patients with the status “in Therapie”
    Then the service responds with a list that has the patient
    And every patient in the list has the status “in Therapie”
    And no event is published

  Scenario Outline: A list by status has the patients that have it now: <now>, not <before>
    Given a patient with the status “<before>”
    When I change the patient's status to “<now>”
    Then a patient.updated event is published
    When I read the patients with the status “<now>”
    Then the service responds with a list that has the patient
    And every patient in the list has the status “<now>”
    When I read the patients with the status “<before>”
    Then every patient in the list has the status “<before>”
    And no event is published

    Examples: statuses
      | before      | now         |
      | offen       | in Therapie |
      | in Therapie | offen       |
