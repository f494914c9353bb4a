"""What others have written reaches consoles and JUnit files in a form that these can take."""

import xml.etree.ElementTree as ET

import pytest
from behave.parser import parse_feature

from bdd.printable import printable
from bdd.report.masked import mask_failures

FEATURE = """
Feature: Patients
  Scenario: One
    When I create a patient
"""


@pytest.mark.parametrize("text", ["Größe 🦊 👩‍⚕️ 太郎", "two\nlines\tand a tab", '"quoted" & <angled>'])
def test_what_people_read_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize("number", [*range(9), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F, 0x85, 0xD800, 0xFFFE, 0xFFFF])
def test_what_xml_cannot_hold_or_steers_a_terminal_is_escaped(number: int) -> None:
    told = printable(f"a{chr(number)}b")
    assert told == f"a{ascii(chr(number))[1:-1]}b"
    assert ET.fromstring(f"<a>{told}</a>").text == told  # noqa: S314 - written here


def test_the_message_of_a_failure_can_stand_in_a_junit_file() -> None:
    scenario = parse_feature(FEATURE.strip(), filename="a.feature").scenarios[0]  # type: ignore[no-untyped-call]
    (step,) = scenario.steps
    step.exception, step.error_message = AssertionError("answer: \x00\uffff"), "ASSERT FAILED: \x00\uffff"
    mask_failures(scenario)
    assert str(step.exception) == r"answer: \x00\uffff"
    assert step.error_message == r"ASSERT FAILED: \x00\uffff"
