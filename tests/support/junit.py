"""Reads JUnit files."""

import xml.etree.ElementTree as ET
from pathlib import Path


def junit_suites(folder: Path) -> dict[str, ET.Element]:
    """Return the test suites in the only file of a folder: name -> suite. What is counted in them must be true."""
    (file,) = folder.iterdir()
    suites = {str(suite.get("name")): suite for suite in ET.parse(file).getroot()}  # noqa: S314 - our own file
    for suite in suites.values():
        counted = {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}
        found = {name: str(len(list(suite.iter(element)))) for name, element in counted.items()}
        assert {name: suite.get(name) for name in counted} == found
    return suites
