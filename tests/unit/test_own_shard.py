"""What a run executes that is one shard of several."""

from pathlib import Path

import pytest

from bdd.results.folder import newest_file, read_run
from bdd.results.model import Run
from tests.support.fake_run import Behave
from tests.support.runs import a_run, a_scenario, written

FEATURE = "features/patients.feature"


def started(behave: Behave, shard: str) -> list[bool]:
    """Start a run of a shard, and return which of the two scenarios are executed."""
    behave.userdata["shard"] = shard
    behave.start()
    return [scenario.should_run() for scenario in behave.feature.scenarios]


def results(behave: Behave) -> Run:
    return read_run(newest_file(Path(behave.userdata["results_dir"])))


@pytest.mark.parametrize(
    ("shard", "executed"), [("1/1", [True, True]), ("1/2", [True, False]), ("2/2", [False, True])]
)
def test_a_shard_executes_its_own_scenarios(behave: Behave, shard: str, executed: list[bool]) -> None:
    assert started(behave, shard) == executed
    scenarios = [each for each in behave.feature.scenarios if each.should_run()]
    for scenario in scenarios:
        behave.play(scenario)
    assert behave.end() == 0
    assert behave.verdict.startswith(f"GREEN: {len(scenarios)} scenario")
    run = results(behave)
    assert run.run.shard == shard
    assert [each.name for each in run.run.selected] == [each.name for each in scenarios]
    assert [each.name for each in run.run.whole] == ["One", "Two"]
    assert [each.name for each in run.scenarios] == [each.name for each in scenarios]


def test_a_whole_run_names_no_shard(behave: Behave) -> None:
    behave.start()
    behave.play(behave.feature.scenarios[0])
    behave.end()
    assert (results(behave).run.shard, list(results(behave).run.whole)) == (None, [])


def test_earlier_results_say_which_scenario_is_the_longest(behave: Behave) -> None:
    earlier = [
        a_scenario("One", feature=FEATURE, line=3, seconds=1.0),
        a_scenario("Two", feature=FEATURE, line=8, seconds=9.0),
    ]
    written(Path(behave.userdata["results_dir"]), a_run(earlier))
    assert started(behave, "1/2") == [False, True]


def test_a_shard_without_a_scenario_is_red_and_says_why(behave: Behave) -> None:
    started(behave, "3/3")
    assert behave.end() == 1
    assert behave.verdict == (
        "RED: nothing was executed: The shard 3/3 has no scenario: only 2 were selected. Run fewer shards."
    )


def test_a_value_that_names_no_shard_is_refused(behave: Behave) -> None:
    started(behave, "4/3")
    assert behave.end() == 1
    assert "such as 2/3" in behave.output
