@topics
Feature: The platform's topics exist
  A service that starts finds the topics it reads.

  Scenario Outline: A topic of the contract: <topic>
    Then the topic <topic> exists with 3 partitions

    Examples: topics
      | topic                |
      | patient-events       |
      | therapist-events     |
      | matching-events      |
      | communication-events |
      | email-commands       |
      | geocoding-requests   |
