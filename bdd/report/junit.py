"""What behave's own JUnit files do not tell, as files beside them, so that whatever reads them sees it too."""

import contextlib
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

from bdd.output.masking import mask
from bdd.output.printable import printable
from bdd.verdict.audit import Finding


def remove_old_reports(folder: Path) -> None:
    """Remove what earlier runs have left there, or it would be read as this run's; other files stay."""
    for file in folder.glob("TESTS-*.xml"):
        with contextlib.suppress(OSError):  # a folder that cannot be written is said later
            file.unlink()


def write_audit(folder: Path, findings: Sequence[Finding]) -> Path:
    """Write `TESTS-audit.xml` and return its path: a failed test case for each finding, or a single passed one."""
    suite = _suite("audit", tests=len(findings) or 1, failures=len(findings))
    for finding in findings:
        case = _case(suite, f"{finding.scenario} ({finding.location})")
        failure = ET.SubElement(case, "failure", type="Finding", message=_fit(finding.told))
        failure.text = _fit(str(finding))
    if not findings:
        _case(suite, "nothing is unexplained")
    return _write(suite, folder)


def write_broken_run(folder: Path, why: str) -> None:
    """Write `TESTS-run.xml`: a test case with an error, for a run that did not start or was not audited.

    Where the folder cannot be written, nothing is: that was said.
    """
    suite = _suite("run", tests=1, errors=1)
    ET.SubElement(_case(suite, "the run"), "error", type="BrokenRun", message=_fit(why))
    with contextlib.suppress(OSError):
        _write(suite, folder)


def _suite(name: str, *, tests: int, failures: int = 0, errors: int = 0) -> ET.Element:
    counts = {"tests": str(tests), "failures": str(failures), "errors": str(errors)}
    return ET.Element("testsuite", name=name, attrib=counts)


def _case(suite: ET.Element, name: str) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname=suite.attrib["name"], name=_fit(name))


def _write(suite: ET.Element, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"TESTS-{suite.attrib['name']}.xml"
    ET.ElementTree(suite).write(file, encoding="utf-8", xml_declaration=True)
    return file


def _fit(text: str) -> str:
    return printable(mask(text))
