@therapist-service
Feature: An event that only the audit looks at
  Scenario: A therapist is created
    When I create a therapist
    Then the service responds with 201
