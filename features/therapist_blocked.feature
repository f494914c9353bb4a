@therapist-service @blocked
Feature: Blocking a therapist publishes an event of its own
  Whoever matches patients must know at once that a therapist is blocked, why, and when the block has ended.
  One change publishes one event: that of the block takes the place of therapist.updated.

  Background:
    Given a therapist

  Scenario: A block is published with its reason
    When I block the therapist because of “Zulassung abgelaufen”
    Then the service responds with the therapist
    And exactly one therapist.blocked event is published
    And no therapist.updated event is published
    And the event gives “Zulassung abgelaufen” as the reason of the block
    And the event shows the therapist's status as “gesperrt”

  Scenario: A block without a reason is published too
    When I block the therapist
    Then exactly one therapist.blocked event is published
    And the event gives “(none)” as the reason of the block
    And no other event is published

  Scenario: A block that changes other fields too publishes one event with all new values
    When I change the therapist's data to
      | field      | value                |
      | status     | gesperrt             |
      | sperrgrund | Beschwerde           |
      | telefon    | +49 30 5550166       |
      | titel      | Prof. Dr.            |
    Then the service responds with the therapist
    And exactly one therapist.blocked event is published
    And the event gives “Beschwerde” as the reason of the block
    And the event shows the therapist's telefon as “+49 30 5550166”
    And no other event is published

  Scenario: The end of a block is published
    Given a therapist with the status “gesperrt”
    When I unblock the therapist
    Then the service responds with the therapist
    And exactly one therapist.unblocked event is published
    And no therapist.updated event is published
    And the event shows the therapist's status as “aktiv”

  Scenario: The end of a block that changes other fields too publishes one event with all new values
    Given a therapist with the status “gesperrt”
    When I change the therapist's data to
      | field   | value          |
      | status  | aktiv          |
      | telefon | +49 30 5550167 |
    Then exactly one therapist.unblocked event is published
    And the event shows the therapist's telefon as “+49 30 5550167”
    And no other event is published

  Scenario Outline: Only a change from or to a block is published as such: from <before> to <after>
    Given a therapist with the status “<before>”
    When I change the therapist's status to “<after>”
    Then the service responds with the therapist
    And exactly one <event> event is published
    And no other event is published

    Examples: changes of status
      | before   | after    | event               |
      | aktiv    | gesperrt | therapist.blocked   |
      | inaktiv  | gesperrt | therapist.blocked   |
      | gesperrt | aktiv    | therapist.unblocked |
      | gesperrt | inaktiv  | therapist.updated   |
      | gesperrt | gesperrt | therapist.updated   |
      | aktiv    | inaktiv  | therapist.updated   |
      | inaktiv  | aktiv    | therapist.updated   |
      | aktiv    | aktiv    | therapist.updated   |

  Scenario: A change of a blocked therapist is published as a change
    Given a therapist with the status “gesperrt”
    When I change the therapist's telefon to “+49 30 5550168”
    Then exactly one therapist.updated event is published
    And the event shows the therapist's status as “gesperrt”
    And no other event is published

  Scenario: Blocked, unblocked, and blocked again for another reason
    When I block the therapist because of “Beschwerde”
    And I unblock the therapist
    And I block the therapist because of “Zulassung abgelaufen”
    Then exactly 2 therapist.blocked events are published
    And exactly one therapist.unblocked event is published
    And the event gives “Zulassung abgelaufen” as the reason of the block
    And no other event is published
    And each therapist's events are in the order of the changes

  Scenario: A refused block publishes nothing
    When I try to change the therapist's data to
      | field    | value    |
      | status   | gesperrt |
      | nachname | (none)   |
    Then the service refuses with 400, naming “nachname”
    And no event is published
    And the stored therapist is unchanged
