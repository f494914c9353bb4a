@refused
Feature: A refused request publishes no event
  What the service did not do, it must not announce.

  Scenario Outline: A patient without a name is refused: <field>
    When I try to create a patient without <field>
    Then the service refuses with 400, naming “<field>”
    And no event is published
    And the service stores no patient of this scenario

    Examples: required fields
      | field    |
      | vorname  |
      | nachname |

  Scenario Outline: A new patient with a value of the wrong type: <field> is <wrong>
    When I try to create a patient whose <field> is <wrong>
    Then the service refuses with 400, naming “<field>”
    And no event is published

    Examples: wrong types
      | field    | wrong     |
      | vorname  | a number  |
      | nachname | true      |
      | anrede   | a list    |
      | email    | an object |
      | telefon  | a number  |
      | status   | a number  |
      | vorname  | nothing   |

  Scenario: A new patient with an unknown status
    When I try to create a patient whose status is “vielleicht”
    Then the service refuses with 400, naming “status”
    And no event is published
    And the service stores no patient of this scenario

  Scenario Outline: A new patient in an unreadable format: <format>
    When I try to create a patient from <format>
    Then the service responds with 400
    And no event is published

    Examples: formats
      | format                |
      | JSON that is cut off  |
      | a web form            |
      | a list of names       |

  Scenario Outline: A change with a value of the wrong type: <field> is <wrong>
    Given a patient
    When I try to change the patient's <field> to <wrong>
    Then the service refuses with 400, naming “<field>”
    And no event is published
    And the stored patient is unchanged

    Examples: wrong types
      | field    | wrong        |
      | vorname  | a number     |
      | vorname  | nothing      |
      | nachname | true         |
      | anrede   | an object    |
      | email    | a list       |
      | telefon  | a number     |
      | status   | “vielleicht” |

  Scenario: A change with one valid and one invalid value
    Given a patient
    When I try to change the patient's data to
      | field   | value           |
      | telefon | +49 30 5550188  |
      | status  | vielleicht      |
    Then the service refuses with 400, naming “status”
    And no event is published
    And the stored patient is unchanged

  Scenario: A change in an unreadable format
    Given a patient
    When I try to change the patient with a text that is not JSON
    Then the service responds with 400
    And no event is published
    And the stored patient is unchanged

  Scenario Outline: A list of the patients with an unknown status: “<status>”
    When I try to read the patients with the status “<status>”
    Then the service refuses with 400, naming “status”
    And no event is published

    Examples: statuses
      | status     |
      | vielleicht |
      | Offen      |

  Scenario Outline: A patient that does not exist: <action>
    Given a patient that does not exist
    When I try to <action> the patient
    Then the service responds with 404 “Patient not found”
    And no event is published

    Examples: requests
      | action |
      | read   |
      | change |
      | delete |

  Scenario Outline: A patient id that is too large: <action>
    Given a patient whose id is too large
    When I try to <action> the patient
    Then the service responds with 404 “Patient not found”
    And no event is published

    Examples: requests
      | action |
      | read   |
      | change |
      | delete |
