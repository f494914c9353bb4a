@therapist-service @order
Feature: A therapist's events arrive in the order of the changes

  Scenario: From creation to the last change
    When I create a therapist
    And I block the therapist because of “Beschwerde”
    And I change the therapist's telefon to “+49 30 5550111”
    And I unblock the therapist
    And I change the therapist's status to “inaktiv”
    And I delete the therapist
    Then exactly one therapist.created event is published
    And exactly one therapist.blocked event is published
    And exactly 2 therapist.updated events are published
    And exactly one therapist.unblocked event is published
    And the therapist's events are, in this order
      | event               |
      | therapist.created   |
      | therapist.blocked   |
      | therapist.updated   |
      | therapist.unblocked |
      | therapist.updated   |
    And no other event is published

  Scenario: The same therapist changed many times
    Given a therapist
    When I change the therapist's telefon 20 times in a row
    Then exactly 20 therapist.updated events are published within 10 seconds
    And each therapist's events are in the order of the changes

  Scenario: Several therapists changed in turn
    Given 5 therapists
    When I change every therapist's status to “gesperrt”
    And I change every therapist's status to “aktiv”
    Then exactly 5 therapist.blocked events are published within 10 seconds
    And exactly 5 therapist.unblocked events are published within 10 seconds
    And each therapist's events are in the order of the changes

  Scenario: Patients and therapists changed at the same time
    When as client 1, I create a patient
    And as client 1, I change the patient's status to “auf der Suche”
    And as client 1, I delete the patient
    And as client 2, I create a therapist
    And as client 2, I change the therapist's status to “gesperrt”
    And as client 2, I change the therapist's status to “aktiv”
    And as client 2, I delete the therapist
    And all clients do this at the same time
    Then exactly one patient.created event is published
    And exactly one patient.updated event is published
    And exactly one patient.deleted event is published
    And exactly one therapist.created event is published
    And exactly one therapist.blocked event is published
    And exactly one therapist.unblocked event is published
    And no other event is published
    And each patient's events are in the order of the changes
    And each therapist's events are in the order of the changes
