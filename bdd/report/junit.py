"""Writes the JUnit files that behave does not: for the audit, and for a run that was aborted."""

import contextlib
import xml.etree.ElementTree as ET
from collections.abc import Sequence
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


def _suite(name: str, *, tests: int, failures: int = 0, errors: int = 0) -> ET.Element:
    counts = {"tests": str(tests), "failures": str(failures), "errors": str(errors)}
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
