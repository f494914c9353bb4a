@therapist-service @timing
Feature: A therapist's event is published only after the change is saved

  Scenario: A new therapist can be read as soon as the event arrives
    Given another service that reads the therapist as soon as an event comes
    When I create a therapist
    Then a therapist.created event is published
    And the other service finds what the event says

  Scenario: A block can be read as soon as its event arrives
    Given a therapist
    And another service that reads the therapist as soon as an event comes
    When I block the therapist because of “Beschwerde”
    Then a therapist.blocked event is published
    And the other service finds what the event says
