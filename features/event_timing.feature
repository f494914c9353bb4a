@timing
Feature: Who hears of a patient can read it
  Other services ask for a patient as soon as they hear of it. An event that comes before its change
  is stored sends them to the old data, or to none at all.

  Scenario: A new patient can be read when its event comes
    Given a reader that asks for a patient as soon as its event comes
    When I create a patient
    Then a patient.created event is published
    And the reader finds what the event says

  Scenario: A change can be read when its event comes
    Given a patient
    And a reader that asks for a patient as soon as its event comes
    When I change the patient's status to “in Therapie”
    Then a patient.updated event is published
    And the reader finds what the event says

  Scenario: A deleted patient cannot be read any more when its event comes
    Given a patient
    And a reader that asks for a patient as soon as its event comes
    When I delete the patient
    Then a patient.deleted event is published
    And the reader finds what the event says
