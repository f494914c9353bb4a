@lives
Feature: Whatever happens to patients, the events tell it
  Patients live lives that nobody has thought of; a model says which events each must leave. When one
  goes otherwise, the shortest story that does is printed.

  Scenario: Random lives, up to three at the same time
    When patients live random lives
    Then each life has left the events that the model says, and no others
