"""What others have written reaches consoles and JUnit files in a form that these can take."""

import io
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
from behave.parser import parse_feature

from bdd.output.console import escape_unencodable_output
from bdd.output.printable import fit_for_report, printable
from bdd.system.behave_internals import rewrite_messages
from bdd.system.paths import ROOT

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
    rewrite_messages(scenario, fit_for_report)
    assert str(step.exception) == r"answer: \x00\uffff"
    assert step.error_message == r"ASSERT FAILED: \x00\uffff"


@pytest.mark.parametrize("arguments", [["doctor", "--help"], ["prove", "--list"]])
def test_every_text_of_a_command_can_be_printed_whatever_the_console_can_show(arguments: list[str]) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "bdd", *arguments],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert (told.returncode, told.stderr) == (0, b"")
    assert re.search(rb"\\u20[12][0-9a-f]", told.stdout)


def test_both_outputs_are_made_to_take_every_text(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True))
    escape_unencodable_output()
    sys.stdout.write("Größe …")
    sys.stderr.write("“Größe”")
    assert sys.stdout.buffer.getvalue() == b"Gr\\xf6\\xdfe \\u2026"  # type: ignore[union-attr]
    assert sys.stderr.buffer.getvalue() == b"\\u201cGr\\xf6\\xdfe\\u201d"  # type: ignore[union-attr]
