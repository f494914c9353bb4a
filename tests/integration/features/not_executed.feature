Feature: What behave reads over

  Scenario: Each keyword is of another language
    Wenn I create a patient
    Dann a patient.deleted event is published

  Scenario Outline: There is no row
    When I create a patient with the status “<status>”
    Then a patient.deleted event is published

    Examples: none
      | status |
