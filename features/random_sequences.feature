@random
Feature: Random sequences of actions publish the right events
  Clients carry out sequences of actions that nobody has written down; a model predicts the events. When a
  sequence publishes anything else, the shortest one that does is printed, ready to be pasted into a feature.

  Scenario: Random sequences, up to three at the same time
    When clients carry out random sequences of actions
    Then every sequence has published the events that the model predicts, and no others
