"""Text of unknown origin reaches consoles and JUnit files in a form that these can take."""

import io
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest

from bdd.output.console import escape_unencodable_output
from bdd.output.printable import printable
from bdd.system.paths import ROOT


@pytest.mark.parametrize("text", ["Größe 🦊 👩‍⚕️ 太郎", "two\nlines\tand a tab", '"quoted" & <angled>'])
def test_what_people_read_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize("number", [*range(9), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F, 0x85, 0xD800, 0xFFFE, 0xFFFF])
def test_what_xml_cannot_hold_or_steers_a_terminal_is_escaped(number: int) -> None:
    printed = printable(f"a{chr(number)}b")
    assert printed == f"a{ascii(chr(number))[1:-1]}b"
    assert ET.fromstring(f"<a>{printed}</a>").text == printed  # noqa: S314 - written here


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
