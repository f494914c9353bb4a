@deleted
Feature: A deleted patient is announced

  Background:
    Given a patient

  Scenario: Deleting a patient publishes an event
    When I delete the patient
    Then the service answers 200 with “Patient deleted successfully”
    And a patient.deleted event is published

  Scenario: The event says who was deleted and nothing more
    When I delete the patient
    Then exactly one patient.deleted event is published
    And the event holds the patient's id and nothing else
    And no patient.updated event is published

  Scenario: A patient can be deleted once
    When I delete the patient
    Then a patient.deleted event is published
    When I send a request to delete it
    Then the service answers 404 with “Patient not found”
    And no event is published

  Scenario: A deleted patient cannot be changed
    When I delete the patient
    Then a patient.deleted event is published
    When I send a request to change it
    Then the service answers 404 with “Patient not found”
    And no event is published

  Scenario: Deleting a patient leaves the others
    Given 2 patients
    When I delete the patient
    Then exactly one patient.deleted event is published
    And the service keeps each patient of this scenario once

  Scenario: A deleted patient is gone
    When I delete the patient
    Then a patient.deleted event is published
    When I ask for the patient
    Then the service answers 404 with “Patient not found”
    And no event is published
    And the service keeps no patient of this scenario
