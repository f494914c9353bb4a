"""What behave would pass over in a feature file is refused with file and line."""

from collections.abc import Collection
from pathlib import Path

import pytest
from behave.parser import parse_file

from bdd.run.feature_files import errors_in

STEPS = ("a patient", "I create a patient", "I delete the patient")


def errors(folder: Path, text: str, without: Collection[str] = ()) -> list[str]:
    """Return what is wrong in a file; scenarios of these names are not selected."""
    file = folder / "some.feature"
    file.write_text(text, encoding="utf-8")
    feature = parse_file(str(file))  # type: ignore[no-untyped-call]
    found = errors_in(feature, lambda scenario: scenario.name not in without, STEPS.__contains__)
    return [error.replace(feature.filename, "some.feature") for error in found]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (
            """Feature: F
  Scenario: S

    # a comment
    Whenever I delete the patient
    Then b""",
            "some.feature:5: “Whenever I delete the patient” is not a step. "
            "A step begins with one of *, Given, When, Then, And, But; a comment begins with #.",
        ),
        (
            "Feature: F\n  Scenario: S\n    Wenn I create a patient\n    Dann b",
            "some.feature:3: “Wenn I create a patient” is not a step. "
            "A step begins with one of *, Given, When, Then, And, But; a comment begins with #. "
            "“Wenn” is a keyword where the file begins with “# language: de”.",
        ),
        (
            "# language: de\nFunktion: F\n  Szenario: S\n    When I create a patient\n",
            "some.feature:4: “When I create a patient” is not a step. A step begins with one of *, Angenommen, ",
        ),
        (
            "Feature: F\n  Scenario Outline: S\n    Whenever <x>\n\n    Examples: E\n      | x |\n      | 1 |",
            "some.feature:3: “Whenever <x>” is not a step.",
        ),
        (
            "Feature: F\n  Background:\n    Gven a patient\n\n  Scenario: S\n    When I delete the patient",
            "some.feature:3: “Gven a patient” is not a step.",
        ),
        (
            "Feature: F\n  Background: B\n\n  Scenario: S\n    When I delete the patient",
            "some.feature:2: the background “B” has no steps.",
        ),
        ("Feature: F\n  Scenario: S\n  @tag\n  Scenario: T\n    Given a", ":2: the scenario “S” has no steps."),
        ("Feature: F\n  Rule: R\n    Scenario: S\n", "some.feature:3: the scenario “S” has no steps."),
        (
            "Feature: F\n  Scenario Outline: S\n    Given a",
            "some.feature:2: the scenario outline “S” has no examples.",
        ),
        (
            "Feature: F\n  Scenario Outline: S\n    Given <x>\n    Examples: E\n",
            "some.feature:4: the examples “E” have no rows.",
        ),
        (
            """Feature: F
  Scenario Outline: S
    Given <x>
    Examples: E
      | x |
    Examples: G
      | x |
      | 1 |""",
            "some.feature:4: the examples “E” have no rows.",
        ),
        (
            "Feature: F\n  Scenario Outline: S\n    Given <x>\n    Examples:\n      | x |\n      | 15\n",
            "some.feature:6: the row “| 15” does not end with |.",
        ),
        (
            "Feature: F\n  Scenario: S\n    Given a\n      | x  # a comment\n      | 1 |",
            "some.feature:4: the row “| x  # a comment” does not end with |.",
        ),
        ("Feature: F\n  Some text\n", "some.feature:1: the feature “F” has no scenario."),
        (
            """Feature: F
  Scenario : S
    Given a patient
    When I delete the patient
  Scenario: T
    Given a""",
            "some.feature:3: “Given a patient” is a step, but it is in the description of the feature: the line ",
        ),
        (
            """Feature: F
  Rule: R
    Hintergrund:
      Gegeben sei a patient

    Scenario: T
      Given a""",
            "some.feature:4: “Gegeben sei a patient” is a step, but it is in the description of the rule: ",
        ),
        (
            """Feature: F
  Scenario: S
    Given a
  \"\"\"
  text
  Scenario: T
    Given a""",
            "some.feature:4: the text that begins here has no end",
        ),
    ],
)
def test_what_would_not_be_executed_is_an_error(text: str, error: str, tmp_path: Path) -> None:
    (found,) = errors(tmp_path, text)
    assert error in found


def test_each_wrong_place_has_its_sentence(tmp_path: Path) -> None:
    text = "Feature: F\n  Scenario: S\n    Dann a\n    Dann b\n  Scenario: T\n  Scenario Outline: U\n"
    sentences = errors(tmp_path, text)
    assert [sentence.split(" ")[0] for sentence in sentences] == [f"some.feature:{n}:" for n in (3, 5, 6, 6)]


@pytest.mark.parametrize(
    "text",
    [
        """Feature: F
  When I create a patient, an event is published.
  * so it is
  Scenario: S
    * a patient""",
        "# language: de\nFunktion: F\n  Szenario: S\n    Angenommen a\n    Wenn b\n    Dann c",
        """Feature: F
  Background:
    Given a
  Rule: R
    Scenario: S
      And b
        | x |
        | 1 |""",
        """Feature: F
  Scenario: S
    Given a
      \"\"\"
      | no row
      \"\"\"""",
        "Feature: F\n  Scenario Template: S\n    Given <x>\n    Examples:\n      | x \\| y |\n      | 1 |",
    ],
)
def test_a_sound_feature_has_no_error(text: str, tmp_path: Path) -> None:
    assert errors(tmp_path, text) == []


def test_an_unfinished_scenario_that_is_not_selected_is_no_error(tmp_path: Path) -> None:
    text = """Feature: F
  Scenario: Draft
    to be written
  Scenario Outline: Rows
    Given <x>
  Scenario: S
    Given a"""
    assert errors(tmp_path, text, without=["Draft", "Rows"]) == []
