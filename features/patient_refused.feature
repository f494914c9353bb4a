@refused
Feature: A refused request publishes nothing
  What the service did not do, it must not announce.

  Scenario Outline: A new patient needs its names: <field>
    When I try to create a patient without <field>
    Then the service refuses with 400, naming “<field>”
    And no event is published
    And the service keeps no patient of this scenario

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
    And the service keeps no patient of this scenario

  Scenario Outline: A new patient that cannot be read: <body>
    When I send as a new patient
      """
      <body>
      """
    Then the service answers 400
    And no event is published

    Examples: bodies
      | body                                           |
      | {"vorname": "Erika", "nachname": "Mustermann"  |
      | vorname=Erika&nachname=Mustermann              |
      | ["Erika", "Mustermann"]                        |

  Scenario Outline: A change with a value of the wrong type: <field> is <wrong>
    Given a patient
    When I try to change the patient's <field> to <wrong>
    Then the service refuses with 400, naming “<field>”
    And no event is published
    And the service still has the patient as before

    Examples: wrong types
      | field    | wrong        |
      | vorname  | a number     |
      | vorname  | nothing      |
      | nachname | true         |
      | anrede   | an object    |
      | email    | a list       |
      | telefon  | a number     |
      | status   | “vielleicht” |

  Scenario: A change of which one part is wrong
    Given a patient
    When I send as a change of the patient
      """
      {"telefon": "+49 30 5550188", "status": "vielleicht"}
      """
    Then the service refuses with 400, naming “status”
    And no event is published
    And the service still has the patient as before

  Scenario: A change that cannot be read
    Given a patient
    When I send as a change of the patient
      """
      status: in Therapie
      """
    Then the service answers 400
    And no event is published
    And the service still has the patient as before

  Scenario Outline: A patient that does not exist: <do>
    Given an id that no patient has
    When I send a request to <do> it
    Then the service answers 404 with “Patient not found”
    And no event is published

    Examples: requests
      | do     |
      | read   |
      | change |
      | delete |

  Scenario Outline: An id that is too large for any patient: <do>
    Given an id that is too large for any patient
    When I send a request to <do> it
    Then the service answers 404 with “Patient not found”
    And no event is published

    Examples: requests
      | do     |
      | read   |
      | change |
      | delete |
