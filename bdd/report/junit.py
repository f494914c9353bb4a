"""The audit as a JUnit file beside those that behave writes, so that whatever reads them sees it too."""

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

from bdd.events.audit import Finding
from bdd.masking import mask


def write_audit(folder: Path, findings: Sequence[Finding]) -> Path:
    """Write `TESTS-audit.xml` and return its path: a failed test case for each finding, or a single passed one."""
    counts = {"tests": str(len(findings) or 1), "failures": str(len(findings)), "errors": "0"}
    suite = ET.Element("testsuite", name="audit", attrib=counts)
    for finding in findings:
        case = ET.SubElement(
            suite, "testcase", classname="audit", name=_printable(f"{finding.scenario} ({finding.location})")
        )
        failure = ET.SubElement(case, "failure", type="Finding", message=_printable(finding.told))
        failure.text = _printable(str(finding))
    if not findings:
        ET.SubElement(suite, "testcase", classname="audit", name="nothing is unexplained")
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "TESTS-audit.xml"
    ET.ElementTree(suite).write(file, encoding="utf-8", xml_declaration=True)
    return file


def _printable(text: str) -> str:
    """XML has no way to write most control characters; keys of Kafka records may hold them."""
    text = mask(text)
    return "".join(char if char.isprintable() or char == "\n" else ascii(char)[1:-1] for char in text)
