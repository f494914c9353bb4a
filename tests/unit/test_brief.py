"""The brief format: what a person sees while the scenarios run."""

import io
from types import SimpleNamespace
from typing import Any

from behave.formatter.base import StreamOpener  # type: ignore[import-untyped]  # no types there
from behave.model_type import Status
from behave.parser import parse_feature

from bdd.report.brief import BriefFormatter
from bdd.system.behave_internals import Explained, note_explanation

FEATURE = """
Feature: Patients
  Scenario: One
    Given a patient
    When it fails
    Then nothing

  Scenario: Two
    When it fails

  Scenario: Three
    When it fails
"""
ALL = ("passed", "passed", "passed")


def printed(*outcomes: str | Explained, show_skipped: bool = False) -> str:
    """Return what is printed of three scenarios: each has this status, or its second or only step fails so."""
    feature = parse_feature(FEATURE.strip(), filename="features/patients.feature")  # type: ignore[no-untyped-call]
    stream = io.StringIO()
    config: Any = SimpleNamespace(show_skipped=show_skipped)
    formatter = BriefFormatter(StreamOpener(stream=stream), config)
    formatter.feature(feature)
    for scenario, outcome in zip(feature.scenarios, outcomes, strict=True):
        formatter.scenario(scenario)
        status = Status.failed if isinstance(outcome, Explained) else Status[outcome]
        for step in scenario.steps[:2]:
            step.set_status(status)
            if isinstance(outcome, Explained) and step.name == "it fails":
                step.error_message = outcome.printed
                note_explanation(step, outcome)
            elif status is Status.hook_error:  # the scenario has it
                step.set_status(Status.passed)
            formatter.result(step)
        scenario.set_status(status)
    formatter.eof()
    return stream.getvalue()


def test_a_feature_is_a_line_with_a_character_for_each_scenario() -> None:
    assert printed(*ALL) == "features/patients.feature  ...\n"
    assert printed("passed", "hook_error", "untested") == "features/patients.feature  .F-\n"
    assert printed("passed", "skipped", "passed") == "features/patients.feature  ..\n"
    assert printed("passed", "skipped", "passed", show_skipped=True) == "features/patients.feature  .s.\n"


def test_a_cause_is_told_in_full_once_and_is_its_number_from_then_on() -> None:
    new = Explained("whole", "cause 1: no event\n     but: nothing")
    assert printed(new, Explained("whole", "same cause as 1", known=1), "passed") == (
        "features/patients.feature  F\n"
        "  Scenario: One  # features/patients.feature:2\n"
        "    Given a patient\n"
        "    When it fails\n"
        "      cause 1: no event\n"
        "           but: nothing\n"
        "features/patients.feature  1.\n"
    )


def test_a_number_of_two_digits_is_no_two_causes() -> None:
    told = Explained("whole", "same cause as 12", known=12)
    assert printed("passed", told, told) == "features/patients.feature  .(12)(12)\n"
