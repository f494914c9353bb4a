"""Completes the JUnit files that behave writes, one for each feature."""

import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from behave.model import Feature, Scenario
from behave.model_type import Status
from behave.reporter.junit import JUnitReporter

from bdd.output.console import say
from bdd.output.printable import printable
from bdd.report.junit import JUnitFiles, add_properties


class FeatureFiles(JUnitReporter):  # type: ignore[misc]  # it has no types
    """behave's reporter; what was not executed is skipped with the reason, and its files are those of the run.

    behave itself writes a scenario that was never begun as a test case without a result, which counts as passed.

    Args:
        config: behave's configuration.
        files: the run's files.
        reason: why a scenario that was selected has not been executed.

    Attributes:
        cause: returns the cause for which a scenario failed, given its name and its location; empty if it has not.
        may_fail: returns whether a scenario has failed as it may today: it counts as skipped.
    """

    def __init__(self, config: Any, files: JUnitFiles, reason: Callable[[], str]) -> None:
        super().__init__(config)
        self.reason = reason
        self.cause: Callable[[str, str], str] = lambda _name, _location: ""
        self.may_fail: Callable[[Scenario], bool] = lambda _scenario: False
        self._files = files

    def feature(self, feature: Feature) -> None:
        """Write the file of a feature."""
        try:
            suite = self._written_by_behave(feature)
        except OSError as error:
            say(f"The JUnit file of {feature.filename} cannot be written: {error.strerror}")
            return
        if suite is not None:
            self._complete(suite, feature)
            self._files.write(self.make_feature_filename(feature), suite)

    def make_feature_filename(self, feature: Feature) -> str:
        """Return a feature's whole path with dots; what behave returns depends on the paths that a run is given."""
        path = Path(feature.location.relpath(self.config.base_dir)).with_suffix("")
        return ".".join(part for part in path.parts if part != "..")

    def _written_by_behave(self, feature: Feature) -> ET.Element | None:
        """Let behave write its file where no other run does, and return what it has written."""
        self._files.folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self._files.folder, prefix=".behave-") as folder:
            self.config.junit_directory = folder
            try:
                super().feature(feature)
            finally:
                self.config.junit_directory = str(self._files.folder)
            for file in Path(folder).iterdir():
                return ET.fromstring(printable(file.read_text(encoding="utf-8")))  # noqa: S314 - behave wrote it
        return None

    def _complete(self, suite: ET.Element, feature: Feature) -> None:
        """Give the test cases of what was not executed a result."""
        scenarios = [each for each in feature.walk_scenarios() if self._is_reported(each)]
        for case, scenario in zip(suite.findall("testcase"), scenarios, strict=True):
            if cause := self.cause(scenario.name, str(scenario.location)):
                add_properties(case, cause=cause)
            if self.may_fail(scenario):
                _skip(suite, case, f"it fails as known: {_take_failure(suite, case)}")
                continue
            if scenario.status not in (Status.untested, Status.skipped):
                continue
            if not scenario.should_run(self.config) and not self.show_skipped:
                suite.remove(case)  # the run's end came before behave had noticed that it is not selected
                _count(suite, "tests", -1)
                continue
            _skip(suite, case, self._reason(scenario))

    def _is_reported(self, scenario: Scenario) -> bool:
        return bool(scenario.status != Status.skipped or self.show_skipped)

    def _reason(self, scenario: Scenario) -> str:
        if scenario.should_run(self.config):
            return self.reason()
        return scenario.skip_reason or "it was not selected"


def _skip(suite: ET.Element, case: ET.Element, reason: str) -> None:
    if (skipped := case.find("skipped")) is None:
        skipped = ET.Element("skipped")
        case.insert(0, skipped)
        _count(suite, "skipped", 1)
    skipped.set("message", printable(reason))


def _take_failure(suite: ET.Element, case: ET.Element) -> str:
    """Remove the failure of a test case, and return its first line."""
    failure = case.find("failure")
    if failure is None:
        return ""
    case.remove(failure)
    _count(suite, "failures", -1)
    return (failure.get("message") or failure.text or "").strip().partition("\n")[0]


def _count(suite: ET.Element, what: str, more: int) -> None:
    suite.set(what, str(int(suite.get(what, "0")) + more))
