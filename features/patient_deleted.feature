@deleted
Feature: Deleting a patient publishes an event

  Background:
    Given a patient

  Scenario: A deletion is published
    When I delete the patient
    Then the service responds with 200 “Patient deleted successfully”
    And a patient.deleted event is published

  Scenario: The event holds the deleted patient's id and nothing more
    When I delete the patient
    Then exactly one patient.deleted event is published
    And the event holds the patient's id and nothing else
    And no patient.updated event is published

  Scenario: A deleted patient cannot be deleted again
    When I delete the patient
    Then a patient.deleted event is published
    When I try to delete the patient
    Then the service responds with 404 “Patient not found”
    And no event is published

  Scenario: A deleted patient cannot be changed
    When I delete the patient
    Then a patient.deleted event is published
    When I try to change the patient
    Then the service responds with 404 “Patient not found”
    And no event is published

  Scenario: Deleting a patient leaves the others unchanged
    Given 2 patients
    When I delete the patient
    Then exactly one patient.deleted event is published
    And the service stores each patient of this scenario exactly once

  Scenario: A deleted patient can no longer be read
    When I delete the patient
    Then a patient.deleted event is published
    When I read the patient
    Then the service responds with 404 “Patient not found”
    And no event is published
    And the service stores no patient of this scenario
