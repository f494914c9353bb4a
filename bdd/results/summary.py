"""What a history keeps of each run: verdicts, durations and causes, without what was sent and recorded.

Reading a file as a `RunSummary` takes a fraction of the time that reading it as a `Run` takes.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from pydantic import Field

from bdd.results.model import End, LeftOut, Run, ScenarioName, Status, not_executed
from bdd.results.scenario import Part

Verdict = Literal["passed", "failed"]


class StepSummary(Part):
    """A step: its words, and its table or text."""

    sentence: str
    text: str = ""


class ExpectationSummary(Part):
    """An expected event: its type, and how many seconds after the response it was received, None if it was not."""

    event_type: str
    seconds: float | None = None


class FailureSummary(Part):
    """Why a scenario failed: the title of the cause; `late` as in `Failure`."""

    title: str = ""
    late: bool = False


class ScenarioSummary(ScenarioName):
    """A scenario that was executed, or begun."""

    status: Status
    began: float
    seconds: float
    steps: Sequence[StepSummary] = ()
    expectations: Sequence[ExpectationSummary] = ()
    failure: FailureSummary | None = None

    @property
    def verdict(self) -> Verdict | None:
        """Whether it passed or failed; None if it says neither: not executed to its end, or its event was late."""
        if self.status == "passed":
            return "passed"
        if self.status in {"failed", "error"} and not (self.failure and self.failure.late):
            return "failed"
        return None

    @property
    def latencies(self) -> list[float]:
        """How many seconds after the response each of its events was received."""
        return [each.seconds for each in self.expectations if each.seconds is not None]


class ComponentSummary(Part):
    """A part of the platform."""

    name: str
    version: str = ""
    digest: str = ""


class HeadSummary(Part):
    """What identifies a run; the attributes are those of `Head`."""

    id: str
    began: float
    stack: str = ""
    selection: str = ""
    commit: str = ""
    platform: Sequence[ComponentSummary] = ()
    machine: Mapping[str, str] = Field(default_factory=dict)
    shard: str | None = None
    selected: Sequence[ScenarioName] = ()
    left_out: Sequence[LeftOut] = ()


class RunSummary(Part):
    """The results of a run, in brief. A run whose `end` is None was killed: a history has none that is running."""

    format: int
    run: HeadSummary
    scenarios: Sequence[ScenarioSummary]
    end: End | None = None

    @property
    def green(self) -> bool:
        """Whether it ended, and all promises were kept."""
        return self.end is not None and self.end.green

    @property
    def judges(self) -> bool:
        """Whether a scenario of it passed or failed."""
        return any(each.verdict for each in self.scenarios)

    def not_executed(self) -> Iterator[ScenarioName]:
        """Yield the scenarios that were selected, and neither executed nor left out."""
        return not_executed(self.run.selected, self.run.left_out, self.scenarios)


def summary_of(run: Run) -> RunSummary:
    """Return a run in brief."""
    return RunSummary.model_validate(run, from_attributes=True)
