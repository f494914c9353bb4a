@therapist-service
Feature: A feature about a service that a platform need not have
  Scenario: A therapist is created
    When I create a therapist
    Then a therapist.created event is published
