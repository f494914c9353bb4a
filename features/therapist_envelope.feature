@therapist-service @envelope
Feature: Every event about a therapist has the same envelope

  Scenario: The envelope names type, version and producer
    When I create a therapist
    Then a therapist.created event is published
    And the event's eventType is “therapist.created”
    And the event's version is “1.0”
    And the event's producer is “therapist-service”
    And the event's key is the therapist's id

  Scenario: Every event has an id of its own
    When I create a therapist
    And I block the therapist
    And I unblock the therapist
    Then a therapist.created event is published
    And a therapist.blocked event is published
    And a therapist.unblocked event is published
    And every event has an id of its own
