@therapist-service @refused
Feature: A refused request about a therapist publishes no event
  What the service did not do, it must not announce.

  Scenario Outline: A therapist without a name is refused: <field>
    When I try to create a therapist without <field>
    Then the service refuses with 400, naming “<field>”
    And no event is published
    And the service stores no therapist of this scenario

    Examples: required fields
      | field    |
      | vorname  |
      | nachname |

  Scenario Outline: A new therapist with an invalid value: <field> is <wrong>
    When I try to create a therapist whose <field> is <wrong>
    Then the service refuses with 400, naming “<field>”
    And no event is published
    And the service stores no therapist of this scenario

    Examples: invalid values
      | field      | wrong        |
      | vorname    | nothing      |
      | nachname   | true         |
      | anrede     | a list       |
      | titel      | a number     |
      | email      | an object    |
      | sperrgrund | a number     |
      | status     | a number     |
      | status     | “vielleicht” |

  Scenario: A new therapist in an unreadable format
    When I try to create a therapist from JSON that is cut off
    Then the service responds with 400
    And no event is published

  Scenario Outline: A change with an invalid value: <field> is <wrong>
    Given a therapist
    When I try to change the therapist's <field> to <wrong>
    Then the service refuses with 400, naming “<field>”
    And no event is published
    And the stored therapist is unchanged

    Examples: invalid values
      | field      | wrong        |
      | vorname    | nothing      |
      | nachname   | a number     |
      | titel      | a list       |
      | telefon    | a number     |
      | sperrgrund | an object    |
      | status     | “vielleicht” |

  Scenario: A change in an unreadable format
    Given a therapist
    When I try to change the therapist with a text that is not JSON
    Then the service responds with 400
    And no event is published
    And the stored therapist is unchanged

  Scenario Outline: A list of the therapists with an unknown status: “<status>”
    When I try to read the therapists with the status “<status>”
    Then the service refuses with 400, naming “status”
    And no event is published

    Examples: statuses
      | status     |
      | vielleicht |
      | Aktiv      |

  Scenario Outline: A therapist that does not exist: <action>
    Given a therapist that does not exist
    When I try to <action> the therapist
    Then the service responds with 404 “Therapist not found”
    And no event is published

    Examples: requests
      | action |
      | read   |
      | change |
      | delete |
