"""The console's format: a character for each scenario, and the whole message of each cause once."""

from textwrap import indent
from typing import Any

from behave.formatter.base import Formatter  # type: ignore[import-untyped]  # no types there
from behave.model import Feature, Scenario, Step
from behave.model_type import Status

from bdd.system.behave_internals import cause_printed_before

_MARKS = {Status.passed: ".", Status.skipped: "s"}
_NOT_EXECUTED = "-"
_NEW_CAUSE = "F"


class BriefFormatter(Formatter):  # type: ignore[misc]  # it has no types
    """Prints a line for each feature. A failed scenario is the number of its cause, or is printed in full below.

    features/patient_deleted.feature  ..1..
    """

    name = "brief"
    description = "A line for each feature, and the message of each cause once"

    def __init__(self, stream_opener: Any, config: Any) -> None:
        super().__init__(stream_opener, config)
        self.stream = self.open()
        self._feature = ""
        self._scenario: Scenario | None = None
        self._failed: Step | None = None
        self._line_is_open = False

    def feature(self, feature: Feature) -> None:
        """Note the feature; it is printed with its first scenario."""
        self._feature = feature.filename

    def scenario(self, scenario: Scenario) -> None:
        """Print the end of the scenario before."""
        self._end_scenario()
        self._scenario, self._failed = scenario, None

    def result(self, step: Step) -> None:
        """Note the step that has failed."""
        if step.status.has_failed():
            self._failed = step

    def eof(self) -> None:
        """Print the end of the feature."""
        self._end_scenario()
        self._scenario = None
        if self._line_is_open:
            self.stream.write("\n")
            self._line_is_open = False

    def _end_scenario(self) -> None:
        scenario = self._scenario
        if scenario is None or (scenario.status is Status.skipped and not self.config.show_skipped):
            return
        if not self._line_is_open:
            self.stream.write(f"{self._feature}  ")
            self._line_is_open = True
        if self._failed is None:
            failed = scenario.status.has_failed()
            self.stream.write(_NEW_CAUSE if failed else _MARKS.get(scenario.status, _NOT_EXECUTED))
        elif number := cause_printed_before(self._failed):
            self.stream.write(str(number) if number < 10 else f"({number})")  # noqa: PLR2004 - one character
        else:
            self.stream.write(f"{_NEW_CAUSE}\n{_in_full(scenario, self._failed)}")
            self._line_is_open = False
        self.stream.flush()


def _in_full(scenario: Scenario, failed: Step) -> str:
    lines = [f"  {scenario.keyword}: {scenario.name}  # {scenario.location}"]
    for step in scenario.all_steps:
        lines.append(f"    {step.keyword} {step.name}")
        if step is failed:
            break
    return "\n".join([*lines, indent(failed.error_message or "", " " * 6), ""])
