"""Writes a run as one JUnit file, such as that of merged shards, which behave cannot write."""

import datetime as dt
import xml.etree.ElementTree as ET
from collections.abc import Sequence

from bdd.output.printable import fit_for_report
from bdd.results.cases import Case, cases_of
from bdd.results.model import Run

_ELEMENTS = {
    "failed": "failure",
    "error": "error",
    "known": "skipped",
    "late": "skipped",
    "left out": "skipped",
    "not executed": "skipped",
}
_ATTRIBUTES = {"failure": "failures", "error": "errors", "skipped": "skipped"}


def junit_of(run: Run) -> bytes:
    """Return a run as a JUnit file: a test suite for each feature, one for the audit, one for the run."""
    suites: dict[str, list[Case]] = {}
    for case in cases_of(run):
        suites.setdefault(case.suite, []).append(case)
    root = ET.Element("testsuites", name=run.run.id)
    root.extend(_suite(name, cases, run) for name, cases in suites.items())
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def _suite(name: str, cases: Sequence[Case], run: Run) -> ET.Element:
    elements = [_case(each) for each in cases]
    began = min((each.began for each in cases if each.began is not None), default=run.run.began)
    counts = {
        attribute: str(sum(each.find(element) is not None for each in elements))
        for element, attribute in _ATTRIBUTES.items()
    }
    suite = ET.Element(
        "testsuite",
        counts,
        name=fit_for_report(name),
        tests=str(len(cases)),
        time=f"{sum(each.seconds for each in cases):.3f}",
        timestamp=dt.datetime.fromtimestamp(began, dt.UTC).isoformat(timespec="seconds"),
    )
    suite.append(properties_of(run=run.run.id, selection=run.run.selection, stack=run.run.stack))
    suite.extend(elements)
    return suite


def _case(case: Case) -> ET.Element:
    element = ET.Element(
        "testcase",
        classname=fit_for_report(case.file.removesuffix(".feature").replace("/", ".") or case.suite),
        name=fit_for_report(case.name),
        time=f"{case.seconds:.3f}",
    )
    if case.cause:
        element.append(properties_of(cause=case.cause))
    if case.status in _ELEMENTS:
        why = ET.SubElement(element, _ELEMENTS[case.status], message=fit_for_report(case.message))
        if why.tag != "skipped":
            why.set("type", case.status)
        why.text = fit_for_report(case.details)
    return element


def properties_of(**values: str) -> ET.Element:
    """Return the properties, name -> value, of a test suite or a test case."""
    properties = ET.Element("properties")
    for name, value in values.items():
        ET.SubElement(properties, "property", name=name, value=fit_for_report(value))
    return properties
