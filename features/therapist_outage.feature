@therapist-service @database-outage
Feature: While the database is away, therapists are not changed and nothing is published
  The service answers all the same, and soon: nobody waits for what will not come.

  Scenario: A new therapist
    Given the database is away
    When I try to create a therapist
    Then the service responds with 503 within 5 seconds
    And no event is published
    When the database is back
    Then the service stores no therapist of this scenario

  Scenario Outline: A therapist that is there: <action>
    Given a therapist
    And the database is away
    When I try to <action> the therapist
    Then the service responds with 503 within 5 seconds
    And no event is published
    When the database is back
    Then the stored therapist is unchanged

    Examples: requests
      | action |
      | change |
      | delete |

  Scenario: Reading the therapist
    Given a therapist
    And the database is away
    When I read the therapist
    Then the service responds with the therapist or with 503 within 5 seconds
    And no event is published

  Scenario: Reading all therapists
    Given a therapist
    And the database is away
    When I read all therapists
    Then the service responds with a list that has the therapist or with 503 within 5 seconds
    And no event is published
