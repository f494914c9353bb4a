"""Writes the JUnit files that behave does not: for the audit, what was left out, and a run that was aborted."""

import contextlib
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from pathlib import Path

from bdd.output.console import say
from bdd.output.printable import fit_for_report
from bdd.verdict.audit import Finding


def remove_old_reports(folder: Path) -> None:
    """Remove the JUnit files of earlier runs, which tools would take for this run's; other files stay."""
    for file in folder.glob("TESTS-*.xml"):
        with contextlib.suppress(OSError):  # the check of the folder reports it
            file.unlink()


def write_audit(folder: Path, findings: Sequence[Finding]) -> None:
    """Write `TESTS-audit.xml`: a failed test case for each finding, or a single passed one."""
    suite = _suite("audit", tests=len(findings) or 1, failures=len(findings))
    for finding in findings:
        case = _case(suite, f"{finding.scenario} ({finding.location})")
        failure = ET.SubElement(case, "failure", type="Finding", message=fit_for_report(finding.message))
        failure.text = fit_for_report(str(finding))
    if not findings:
        _case(suite, "nothing is unexplained")
    _write(suite, folder)


def write_aborted_run(folder: Path, reason: str) -> None:
    """Write `TESTS-run.xml`: a test case with an error, for a run that did not start or was not audited."""
    suite = _suite("run", tests=1, errors=1)
    ET.SubElement(_case(suite, "the run"), "error", type="BrokenRun", message=fit_for_report(reason))
    _write(suite, folder)


def write_left_out(folder: Path, left_out: Mapping[str, Sequence[str]]) -> None:
    """Write `TESTS-left-out.xml`: a skipped test case for each scenario that was left out.

    behave leaves skipped scenarios out of its files, or writes them without the reason.

    Args:
        folder: where to write it.
        left_out: why -> the scenarios' names.
    """
    count = sum(map(len, left_out.values()))
    suite = _suite("left-out", tests=count, skipped=count)
    for why, names in left_out.items():
        for name in names:
            ET.SubElement(_case(suite, name), "skipped", message=fit_for_report(why))
    _write(suite, folder)


def _suite(name: str, *, tests: int, failures: int = 0, errors: int = 0, skipped: int = 0) -> ET.Element:
    numbers = {"tests": tests, "failures": failures, "errors": errors, "skipped": skipped}
    counts = {kind: str(number) for kind, number in numbers.items()}
    return ET.Element("testsuite", name=name, attrib=counts)


def _case(suite: ET.Element, name: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname=suite.attrib["name"], name=fit_for_report(name))


def _write(suite: ET.Element, folder: Path) -> None:
    file = folder / f"TESTS-{suite.attrib['name']}.xml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        ET.ElementTree(suite).write(file, encoding="utf-8", xml_declaration=True)
    except OSError as error:
        say(f"{file} cannot be written: {error.strerror}")
