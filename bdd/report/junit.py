"""Writes the JUnit files that behave does not: for the audit, what was left out, and a run that was aborted."""

import contextlib
import hashlib
import json
import os
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bdd.output.console import say
from bdd.output.printable import fit_for_report
from bdd.results.junit import properties_of
from bdd.verdict.audit import Finding
from bdd.verdict.causes import title_of

_LETTERS_OF_A_NAME = 8


class JUnitFiles:
    """The JUnit files of one run: `TESTS-<suite>.<the run's name>.xml`.

    A run has the same name if it is given the same paths, tags, names and settings: it replaces its own files of
    the last time, and no others. Two runs may therefore write into one folder.

    Attributes:
        folder: where they are.
        run: the run's name.
        arguments: what the run was given, for people who read the files.
    """

    def __init__(
        self, folder: Path, arguments: Sequence[str] = (), settings: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.arguments = " ".join(arguments)
        given = json.dumps([*arguments, sorted((settings or {}).items())])
        self.run = hashlib.sha256(given.encode()).hexdigest()[:_LETTERS_OF_A_NAME]

    def remove_old(self) -> None:
        """Remove what this run has written the last time, which tools would take for this time's."""
        for file in self.folder.glob(self._file("*").name):
            with contextlib.suppress(OSError):  # the check of the folder reports it
                file.unlink()

    def write_audit(self, findings: Sequence[Finding], cause_of: Callable[[Finding], str]) -> None:
        """Write `TESTS-audit.….xml`: a failed test case for each finding, or a single passed one.

        Args:
            findings: the findings.
            cause_of: returns the cause of a finding, with its number.
        """
        suite = _suite("audit", tests=len(findings) or 1, failures=len(findings))
        for finding in findings:
            case = _case(suite, f"{finding.scenario} ({finding.location})")
            add_properties(case, cause=cause_of(finding))
            message = f"{title_of(finding.symptoms)}\n{finding.message}"
            failure = ET.SubElement(case, "failure", type="Finding", message=fit_for_report(message))
            failure.text = fit_for_report(str(finding))
        if not findings:
            _case(suite, "nothing is unexplained")
        self.write("audit", suite)

    def write_aborted_run(self, reason: str) -> None:
        """Write `TESTS-run.….xml`: a test case with an error, for a run that did not start or was not audited."""
        suite = _suite("run", tests=1, errors=1)
        ET.SubElement(_case(suite, "the run"), "error", type="BrokenRun", message=fit_for_report(reason))
        self.write("run", suite)

    def write_left_out(self, left_out: Mapping[str, Sequence[str]]) -> None:
        """Write `TESTS-left-out.….xml`: a skipped test case for each scenario that was left out.

        behave leaves skipped scenarios out of its files, or writes them without the reason.

        Args:
            left_out: why -> the scenarios' names.
        """
        count = sum(map(len, left_out.values()))
        suite = _suite("left-out", tests=count, skipped=count)
        for why, names in left_out.items():
            for name in names:
                ET.SubElement(_case(suite, name), "skipped", message=fit_for_report(why))
        self.write("left-out", suite)

    def write(self, name: str, suite: ET.Element) -> None:
        """Write a suite, with the run's name in it and in the file's name.

        Args:
            name: the suite's part of the file's name.
            suite: its element.
        """
        add_properties(suite, run=self.run, arguments=self.arguments)
        file = self._file(name)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            ET.ElementTree(suite).write(file, encoding="utf-8", xml_declaration=True)
        except OSError as error:
            say(f"{file} cannot be written: {error.strerror}")

    def _file(self, suite: str) -> Path:
        return self.folder / f"TESTS-{suite}.{self.run}.xml"


def junit_files(config: Any) -> JUnitFiles | None:
    """Return the files of the run that behave's configuration describes, None for a run without `--junit`."""
    if not config.junit:
        return None
    selection = [*map(str, config.paths), *(f"--tags={tag}" for tag in config.tags or ())]
    names = [f"--name={name}" for name in config.name or ()]
    variables = {name: value for name, value in os.environ.items() if name.startswith("BDD_")}
    return JUnitFiles(Path(config.junit_directory), [*selection, *names], {**variables, **config.userdata})


def add_properties(element: ET.Element, **values: str) -> None:
    """Add properties, name -> value, to a test suite or a test case, as its first child."""
    element.insert(0, properties_of(**values))


def _suite(name: str, *, tests: int, failures: int = 0, errors: int = 0, skipped: int = 0) -> ET.Element:
    numbers = {"tests": tests, "failures": failures, "errors": errors, "skipped": skipped}
    counts = {kind: str(number) for kind, number in numbers.items()}
    return ET.Element("testsuite", name=name, attrib=counts)


def _case(suite: ET.Element, name: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname=suite.attrib["name"], name=fit_for_report(name))
