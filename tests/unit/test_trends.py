"""Pass rate, duration and latency over several runs, and which scenarios are flaky."""

import pytest

from bdd.results.model import Run, Scenario
from bdd.results.summary import summary_of
from bdd.results.trends import Trends, latency_of, trends_of
from tests.support.runs import BEGAN, NIGHT, a_run, a_scenario, history

A, B = "A deletion is published", "A deleted patient cannot be read"


def trends(runs: list[Run]) -> Trends:
    return trends_of([summary_of(run) for run in runs])


def nights(verdicts: str) -> list[Run]:
    """Return a run for each letter: `+` A passed, `x` it failed, `-` it was not executed; B always passed."""
    states = {"+": [a_scenario(A)], "x": [a_scenario(A, "failed")], "-": []}
    return history(*[[*states[each], a_scenario(B, line=12)] for each in verdicts])


def test_each_run_has_its_numbers() -> None:
    late = a_scenario("C", "failed")
    assert late.failure is not None
    late = late.model_copy(update={"failure": late.failure.model_copy(update={"late": True})})
    runs = [
        a_run([a_scenario(A), a_scenario(B, "failed"), late, a_scenario("D")], seconds=15.0),
        a_run([a_scenario(A)], began=BEGAN + NIGHT, killed=True),
        a_run([], began=BEGAN + 2 * NIGHT, seconds=3.0, abort_reason="the broker did not start"),
    ]
    first, killed, not_started = trends(runs).runs
    assert (first.selected, first.passed, first.failed, first.seconds, first.green) == (4, 2, 1, 15.0, False)
    assert first.pass_rate == pytest.approx(2 / 3)
    assert (killed.passed, killed.seconds, killed.green) == (1, None, None)
    assert (not_started.pass_rate, not_started.latency, not_started.seconds) == (None, None, 3.0)
    assert [each.run.id for each in (first, killed, not_started)] == [run.run.id for run in runs]


def test_the_latency_of_a_run_is_that_of_all_its_events() -> None:
    runs = [a_run([a_scenario(A, latency=0.1), a_scenario(B, latency=0.3)])]
    (run,) = trends(runs).runs
    assert run.latency is not None
    assert run.latency.median == pytest.approx(0.2)
    assert (run.latency.percentile, run.latency.events) == (0.3, 4)


def test_an_event_that_did_not_come_has_no_latency() -> None:
    (run,) = trends([a_run([a_scenario(A, "failed", latency=0.1)])]).runs
    assert run.latency is not None
    assert run.latency.events == 1, "the event of the deletion did not come"


@pytest.mark.parametrize(
    ("seconds", "median", "percentile"),
    [
        ([0.5], 0.5, 0.5),
        ([0.4, 0.1, 0.2, 0.3], 0.25, 0.4),
        ([each / 100 for each in range(1, 101)], 0.505, 0.95),
        ([each / 100 for each in range(1, 21)], 0.105, 0.19),
        ([-0.002, 0.01], 0.004, 0.01),
    ],
)
def test_the_percentile_is_a_value_that_was_measured(
    seconds: list[float], median: float, percentile: float
) -> None:
    latency = latency_of(reversed(seconds))
    assert latency is not None
    assert latency.median == pytest.approx(median)
    assert latency.percentile == percentile


def test_a_scenario_is_followed_through_the_runs_under_each_name() -> None:
    def renamed(name: str, latency: float, seconds: float) -> Scenario:
        return a_scenario(name, nachname="Muster", latency=latency, seconds=seconds)

    runs = history([renamed("Old", 0.1, 1.0)], [], [renamed("New", 0.3, 2.0)])
    (scenario,) = trends(runs).scenarios
    assert scenario.scenario.name == "New"
    assert scenario.verdicts == ["passed", None, "passed"]
    assert scenario.seconds == [1.0, None, 2.0]
    assert [each and each.median for each in scenario.latencies] == [0.1, None, 0.3]
    assert scenario.latency is not None
    assert scenario.latency.median == pytest.approx(0.2)


def test_a_scenario_that_was_removed_has_no_trend() -> None:
    assert [each.scenario.name for each in trends(nights("++-")).scenarios] == [B]


@pytest.mark.parametrize("verdicts", ["++++", "xxxx", "++xx", "+xx+", "x+++x", "-+-x-x+", "+-+-+"])
def test_a_defect_that_comes_and_is_mended_makes_no_scenario_flaky(verdicts: str) -> None:
    assert trends(nights(verdicts)).flaky == []


@pytest.mark.parametrize(
    ("verdicts", "changes", "failed", "judged", "since"),
    [("+x+x", 3, 2, 4, 1), ("++x+x+", 4, 2, 6, 2), ("x+-x-+", 3, 2, 4, 1), ("++xx+++x", 3, 3, 8, 2)],
)
def test_a_scenario_whose_verdict_changes_three_times_is_flaky(
    verdicts: str, changes: int, failed: int, judged: int, since: int
) -> None:
    runs = nights(verdicts)
    (flaky,) = trends(runs).flaky
    assert (flaky.scenario.name, len(flaky.changes), flaky.failed, flaky.judged) == (A, changes, failed, judged)
    assert flaky.flaky_since is not None
    assert flaky.flaky_since.id == runs[since].run.id


def test_failures_in_a_run_that_ended_early_make_no_scenario_flaky() -> None:
    runs = nights("+x+x+")
    broken = runs[1]
    runs[1] = a_run(
        broken.scenarios, began=broken.run.began, abort_reason="the run ended early: the broker has ended"
    )
    assert trends(runs).flaky == []
    assert trends(nights("+x+x+")).flaky != []


def test_the_flakiest_comes_first() -> None:
    def night(a: str, b: str) -> list[Scenario]:
        return [
            a_scenario(A, "failed" if a == "x" else "passed"),
            a_scenario(B, "failed" if b == "x" else "passed"),
        ]

    runs = history(*(night(a, b) for a, b in zip("+x+xxx", "+x+x+x", strict=True)))
    assert [each.scenario.name for each in trends(runs).flaky] == [B, A]
