"""Writes a run as one JUnit file: a test suite for each feature, one for the audit, one for the run itself."""

import datetime as dt
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from textwrap import indent

from bdd.output.console import say
from bdd.output.printable import fit_for_report
from bdd.results.cases import Case, cases_of
from bdd.results.model import Run, Step
from bdd.results.writing import write_at_once

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
    """Return a run as a JUnit file."""
    suites: dict[str, list[Case]] = {}
    for case in cases_of(run):
        suites.setdefault(case.suite, []).append(case)
    root = ET.Element("testsuites", name=run.run.id)
    root.extend(_suite(name, cases, run) for name, cases in suites.items())
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True))


def write_junit(file: Path, run: Run) -> None:
    """Write the JUnit file of a run that has ended; print why if it cannot be written."""
    try:
        write_at_once(file, junit_of(run))
    except OSError as error:
        say(f"{file} cannot be written: {error.strerror}. The verdict is not affected.")


def remove_junit(file: Path) -> None:
    """Remove the JUnit file of an earlier run: if this one is killed, tools would read it as this run's."""
    with suppress(OSError):  # the check of the folder reports it
        file.unlink()


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
    suite.append(_properties(run=run.run.id, selection=run.run.selection, stack=run.run.stack))
    suite.extend(elements)
    return suite


def _case(case: Case) -> ET.Element:
    element = ET.Element(
        "testcase",
        {"file": case.file, "line": str(case.line)} if case.file else {},
        classname=fit_for_report(case.file.removesuffix(".feature").replace("/", ".") or case.suite),
        name=fit_for_report(case.name),
        time=f"{case.seconds:.3f}",
    )
    if case.cause:
        element.append(_properties(cause=case.cause))
    if case.status in _ELEMENTS:
        why = ET.SubElement(element, _ELEMENTS[case.status], message=fit_for_report(case.message))
        if why.tag != "skipped":
            why.set("type", case.status)
        why.text = fit_for_report(case.details)
    if case.steps:
        ET.SubElement(element, "system-out").text = fit_for_report("".join(map(_line_of, case.steps)))
    return element


def _line_of(step: Step) -> str:
    """Return a step with what came of it, and its table or text below it."""
    ended = f" in {step.seconds:.3f} s" if step.began is not None else ""
    return f"{step.sentence} … {step.status}{ended}\n{indent(step.text, '  ')}".rstrip() + "\n"


def _properties(**values: str) -> ET.Element:
    """Return the properties, name -> value, of a test suite or a test case."""
    properties = ET.Element("properties")
    for name, value in values.items():
        ET.SubElement(properties, "property", name=name, value=fit_for_report(value))
    return properties
