"""How the scenarios of a run are divided into shards."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bdd.results.model import ScenarioName
from bdd.results.sharding import seconds_of, shards_of
from bdd.results.summary import summary_of
from bdd.settings.shard import Shard
from tests.support.runs import FEATURE, a_run, a_scenario, history

NAMES = st.builds(
    ScenarioName,
    feature=st.sampled_from([FEATURE, "features/topics.feature"]),
    name=st.text(max_size=3),
    line=st.integers(1, 999),
)
SCENARIOS = st.lists(NAMES, max_size=40, unique=True)
COUNTS = st.integers(1, 9)
SECONDS = st.dictionaries(
    st.tuples(st.sampled_from([FEATURE, "features/topics.feature"]), st.text(max_size=3)),
    st.floats(0, 60),
    max_size=40,
)
any_machine = settings(deadline=None, max_examples=50)


def scenarios(count: int) -> list[ScenarioName]:
    return [ScenarioName(feature=FEATURE, name=f"Scenario {number}", line=number) for number in range(count)]


@any_machine
@given(SCENARIOS, COUNTS, SECONDS)
def test_each_scenario_is_in_exactly_one_shard_in_the_order_of_the_run(
    several: list[ScenarioName], count: int, seconds: dict[tuple[str, str], float]
) -> None:
    shards = shards_of(several, count, seconds)
    assert len(shards) == count
    assert sorted((each for shard in shards for each in shard), key=several.index) == several
    assert all(shard == sorted(shard, key=several.index) for shard in shards)


@any_machine
@given(SCENARIOS, COUNTS, SECONDS)
def test_no_shard_takes_longer_than_an_equal_part_and_one_scenario(
    several: list[ScenarioName], count: int, seconds: dict[tuple[str, str], float]
) -> None:
    whole = {(each.feature, each.name): seconds.get((each.feature, each.name), 1.0) for each in several}
    weights = [whole[each.feature, each.name] for each in several]
    for shard in shards_of(several, count, whole):
        load = sum(whole[each.feature, each.name] for each in shard)
        assert load <= sum(weights) / count + max(weights, default=0) + 1e-6


@any_machine
@given(SCENARIOS, COUNTS)
def test_without_durations_the_numbers_of_scenarios_differ_by_one_at_most(
    several: list[ScenarioName], count: int
) -> None:
    sizes = [len(shard) for shard in shards_of(several, count, {})]
    assert max(sizes) - min(sizes) <= 1


def test_the_longest_scenarios_are_not_in_one_shard() -> None:
    several = scenarios(4)
    seconds = {(FEATURE, "Scenario 0"): 9.0, (FEATURE, "Scenario 1"): 8.0, (FEATURE, "Scenario 2"): 1.0}
    first, second = shards_of(several, 2, seconds | {(FEATURE, "Scenario 3"): 2.0})
    assert [each.line for each in first] == [0, 2]
    assert [each.line for each in second] == [1, 3]


def test_a_scenario_without_a_duration_counts_as_much_as_the_median() -> None:
    seconds = {(FEATURE, "Scenario 0"): 10.0, (FEATURE, "Scenario 1"): 4.0, (FEATURE, "Scenario 2"): 6.0}
    first, second = shards_of(scenarios(4), 2, seconds)
    assert [each.line for each in first] == [0, 1]
    assert [each.line for each in second] == [2, 3]


def test_scenarios_that_take_no_time_are_divided_too() -> None:
    seconds = {(each.feature, each.name): 0.0 for each in scenarios(6)}
    assert [len(shard) for shard in shards_of(scenarios(6), 3, seconds)] == [2, 2, 2]


def test_there_may_be_more_shards_than_scenarios() -> None:
    assert [len(shard) for shard in shards_of(scenarios(2), 4, {})] == [1, 1, 0, 0]


def test_a_duration_is_the_median_of_the_whole_runs_in_which_the_scenario_passed() -> None:
    whole = history(*[[a_scenario("A", seconds=each)] for each in (1.0, 5.0, 2.0)])
    failed = a_run([a_scenario("A", "failed", seconds=60.0), a_scenario("B", "failed", seconds=60.0)])
    shard = a_run([a_scenario("A", seconds=30.0)], shard="1/2")
    seconds = seconds_of([summary_of(run) for run in [*whole, failed, shard]])
    assert seconds == {(FEATURE, "A"): 2.0}


@pytest.mark.parametrize("text", ["1/1", "2/3", "3/3", " 10/12 "])
def test_a_shard_is_written_as_a_number_of_several(text: str) -> None:
    assert str(Shard.parse(text)) == text.strip()


@pytest.mark.parametrize("text", ["", "2", "0/3", "4/3", "2/0", "-1/3", "1/2/3", "a/b", "1.5/3", "²/3", "01/3"])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="such as 2/3"):
        Shard.parse(text)


@pytest.mark.parametrize(
    ("text", "environment", "shard"),
    [
        ("auto/3", {"JOB_COMPLETION_INDEX": "0"}, "1/3"),
        ("auto/3", {"JOB_COMPLETION_INDEX": "2"}, "3/3"),
        ("auto", {"CI_NODE_INDEX": "2", "CI_NODE_TOTAL": "4"}, "2/4"),
    ],
)
def test_the_shard_may_come_from_the_environment_of_a_scheduler(
    text: str, environment: dict[str, str], shard: str
) -> None:
    assert str(Shard.parse(text, environment)) == shard


@pytest.mark.parametrize(
    ("text", "environment"),
    [
        ("auto", {}),
        ("auto/3", {}),
        ("auto", {"JOB_COMPLETION_INDEX": "0"}),
        ("auto/3", {"JOB_COMPLETION_INDEX": "3"}),
        ("auto/3", {"JOB_COMPLETION_INDEX": "-1"}),
    ],
)
def test_an_environment_without_a_shard_is_an_error(text: str, environment: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"JOB_COMPLETION_INDEX|from 1/1 on"):
        Shard.parse(text, environment)
