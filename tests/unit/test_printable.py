"""Text of unknown origin reaches consoles and JUnit files in a form that these can take."""

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
    printed = printable(f"a{chr(number)}b")
    assert printed == f"a{ascii(chr(number))[1:-1]}b"
    assert ET.fromstring(f"<a>{printed}</a>").text == printed  # noqa: S314 - written here


def test_the_message_of_a_failure_can_stand_in_a_junit_file() -> None:
    scenario = parse_feature(FEATURE.strip(), filename="a.feature").scenarios[0]  # type: ignore[no-untyped-call]
    (step,) = scenario.steps
    step.exception, step.error_message = AssertionError("response: \x00\uffff"), "ASSERT FAILED: \x00\uffff"
    rewrite_messages(scenario, fit_for_report)
    assert str(step.exception) == r"response: \x00\uffff"
    assert step.error_message == r"ASSERT FAILED: \x00\uffff"


@pytest.mark.parametrize("arguments", [["doctor", "--help"], ["prove", "--list"]])
def test_a_command_escapes_what_the_console_cannot_encode(arguments: list[str]) -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "bdd", *arguments],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    assert (printed.returncode, printed.stderr) == (0, b"")
    assert re.search(rb"\\u20[12][0-9a-f]", printed.stdout)


def test_both_outputs_escape_what_they_cannot_encode(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True))
    escape_unencodable_output()
    sys.stdout.write("Größe …")
    sys.stderr.write("“Größe”")
    assert sys.stdout.buffer.getvalue() == b"Gr\\xf6\\xdfe \\u2026"  # type: ignore[union-attr]
    assert sys.stderr.buffer.getvalue() == b"\\u201cGr\\xf6\\xdfe\\u201d"  # type: ignore[union-attr]
