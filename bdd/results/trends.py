"""The trends of a history: pass rate, duration and publication latency of each run, and scenarios that are flaky.

trends = trends_of(history.runs)
trends.runs         # one entry for each run, the oldest first
trends.scenarios    # one for each scenario that the newest run knows
trends.flaky        # those of them that change between passed and failed
"""

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bdd.results.model import ScenarioName
from bdd.results.summary import HeadSummary, RunSummary, Verdict
from bdd.results.tracks import Track, tracks_of

CHANGES_OF_A_FLAKY_SCENARIO = 3
"""A defect that comes and is mended changes a verdict twice."""
_PERCENTILE = 0.95


@dataclass(frozen=True)
class Latency:
    """How long after a service's response its events were received.

    Attributes:
        median: in seconds; below 0 where the event came before the response.
        percentile: the 95th percentile, in seconds: the smallest value within which 95 of 100 events came.
        events: how many there were.
    """

    median: float
    percentile: float
    events: int


@dataclass(frozen=True)
class RunTrend:
    """A run as one point of a trend.

    Attributes:
        run: what identifies it.
        green: whether all promises were kept; None for a run that was killed.
        selected: how many scenarios were selected.
        passed: how many passed.
        failed: how many failed. Those whose event came in time after all are in neither number.
        seconds: how long the run took; None if it was killed.
        latency: that of all its events, None if it received none that it expected.
    """

    run: HeadSummary
    green: bool | None
    selected: int
    passed: int
    failed: int
    seconds: float | None
    latency: Latency | None

    @property
    def pass_rate(self) -> float | None:
        """The share of the scenarios that passed among those that passed or failed, None without any."""
        judged = self.passed + self.failed
        return self.passed / judged if judged else None


@dataclass(frozen=True)
class ScenarioTrend:
    """A scenario through the runs, the oldest first, under whatever name.

    Attributes:
        scenario: its newest name.
        verdicts: whether it passed or failed; None where neither is known.
        seconds: how long it took; None where it was not executed.
        latencies: those of its events in each run.
        latency: that of its events in all runs.
        changes: the runs whose verdict differs from the last known one. A failure in a run that was ended early
            does not count: the platform had broken.
    """

    scenario: ScenarioName
    verdicts: Sequence[Verdict | None]
    seconds: Sequence[float | None]
    latencies: Sequence[Latency | None]
    latency: Latency | None
    changes: Sequence[HeadSummary]

    @property
    def flaky(self) -> bool:
        """Whether its verdict changed three times or more."""
        return len(self.changes) >= CHANGES_OF_A_FLAKY_SCENARIO

    @property
    def flaky_since(self) -> HeadSummary | None:
        """The run in which its verdict changed first, None if it is not flaky."""
        return self.changes[0] if self.flaky else None

    @property
    def failed(self) -> int:
        """How often it failed."""
        return self.verdicts.count("failed")

    @property
    def judged(self) -> int:
        """How often it passed or failed."""
        return len(self.verdicts) - self.verdicts.count(None)


@dataclass(frozen=True)
class Trends:
    """The trends of several runs."""

    runs: Sequence[RunTrend]
    scenarios: Sequence[ScenarioTrend]

    @property
    def flaky(self) -> list[ScenarioTrend]:
        """The flaky scenarios, those of most changes first."""
        flaky = [each for each in self.scenarios if each.flaky]
        return sorted(flaky, key=lambda each: len(each.changes), reverse=True)


def trends_of(runs: Sequence[RunSummary]) -> Trends:
    """Return the trends of runs.

    Args:
        runs: the oldest first.
    """
    known = [track for track in tracks_of(runs) if track.names[-1]]
    return Trends([_of_run(run) for run in runs], [_of_scenario(runs, track) for track in known])


def latency_of(seconds: Iterable[float]) -> Latency | None:
    """Return the median and the 95th percentile of latencies in seconds, None without any."""
    in_order = sorted(seconds)
    if not in_order:
        return None
    percentile = in_order[math.ceil(_PERCENTILE * len(in_order)) - 1]
    return Latency(statistics.median(in_order), percentile, len(in_order))


def _of_run(run: RunSummary) -> RunTrend:
    verdicts = [each.verdict for each in run.scenarios]
    return RunTrend(
        run=run.run,
        green=run.end.green if run.end else None,
        selected=len(run.run.selected),
        passed=verdicts.count("passed"),
        failed=verdicts.count("failed"),
        seconds=run.end.ended - run.run.began if run.end else None,
        latency=latency_of(seconds for each in run.scenarios for seconds in each.latencies),
    )


def _of_scenario(runs: Sequence[RunSummary], track: Track) -> ScenarioTrend:
    latencies = [each.latencies if each else [] for each in track.results]
    return ScenarioTrend(
        scenario=track.name,
        verdicts=track.verdicts,
        seconds=[each.seconds if each else None for each in track.results],
        latencies=[latency_of(each) for each in latencies],
        latency=latency_of(seconds for each in latencies for seconds in each),
        changes=_changes(runs, track.verdicts),
    )


def _changes(runs: Sequence[RunSummary], verdicts: Sequence[Verdict | None]) -> list[HeadSummary]:
    known = [
        (run.run, verdict)
        for run, verdict in zip(runs, verdicts, strict=True)
        if verdict == "passed" or (verdict == "failed" and not (run.end and run.end.abort_reason))
    ]
    return [run for (_, before), (run, verdict) in pairwise(known) if verdict != before]
