@database-outage
Feature: While the database is away, patients are not changed and nothing is published
  The service answers all the same, and soon: nobody waits for what will not come.

  Scenario: A new patient
    Given the database is away
    When I try to create a patient
    Then the service responds with 503 within 5 seconds
    And no event is published
    When the database is back
    Then the service stores no patient of this scenario

  Scenario Outline: A patient that is there: <action>
    Given a patient
    And the database is away
    When I try to <action> the patient
    Then the service responds with 503 within 5 seconds
    And no event is published
    When the database is back
    Then the stored patient is unchanged

    Examples: requests
      | action |
      | change |
      | delete |

  Scenario: A change when the database is back
    Given a patient
    And the database is away
    When I try to change the patient
    Then the service responds with 503 within 5 seconds
    When the database is back
    And I change the patient's status to “in Therapie”
    Then exactly one patient.updated event is published

  Scenario: Reading the patient
    Given a patient
    And the database is away
    When I read the patient
    Then the service responds with the patient or with 503 within 5 seconds
    And no event is published

  Scenario: Reading all patients
    Given a patient
    And the database is away
    When I read all patients
    Then the service responds with a list that has the patient or with 503 within 5 seconds
    And no event is published
