@quick
Feature: The shortest run that needs everything

  Scenario: One patient
    When I create a patient
    Then exactly one patient.created event is published
