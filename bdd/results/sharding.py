"""Divides the scenarios of a run into shards, by how long they took in earlier runs.

    first, second, third = shards_of(scenarios, 3, seconds_of(runs))

The same scenarios, durations and number of shards give the same shards on every machine. Machines that know
different durations, because they have different results of earlier runs, would not divide alike: some scenarios
would be in no shard. When the shards are merged, those are named, and the verdict is red.
"""

import statistics
from collections.abc import Mapping, Sequence

from bdd.results.model import ScenarioName
from bdd.results.summary import RunSummary

_EQUAL = 1.0

Place = tuple[str, str]
"""Feature file and name of a scenario."""


def shards_of(
    scenarios: Sequence[ScenarioName], count: int, seconds: Mapping[Place, float]
) -> list[list[ScenarioName]]:
    """Return the scenarios of each shard; each scenario is in exactly one, and keeps its place among the others.

    The longest scenario goes first, each to the shard that has the least to do so far. A scenario that was never
    executed is expected to take as long as the median of the others. Without any duration, each shard gets as many
    scenarios as the others, or one more.

    Args:
        scenarios: in the order of their execution.
        count: how many shards there are.
        seconds: how long a scenario takes.
    """
    known = [seconds[place] for each in scenarios if (place := _place(each)) in seconds]
    usual = statistics.median(known) if known else _EQUAL
    weights = [seconds.get(_place(each), usual) for each in scenarios]
    load, members = [0.0] * count, [0] * count
    shard_of = {}
    for at in sorted(range(len(scenarios)), key=lambda at: (-weights[at], at)):
        least = min(range(count), key=lambda shard: (load[shard], members[shard], shard))
        load[least] += weights[at]
        members[least] += 1
        shard_of[at] = least
    return [[each for at, each in enumerate(scenarios) if shard_of[at] == shard] for shard in range(count)]


def seconds_of(runs: Sequence[RunSummary]) -> dict[Place, float]:
    """Return how long each scenario takes: the median of the whole runs in which it passed."""
    found: dict[Place, list[float]] = {}
    for run in runs:
        if run.run.shard is None:
            for each in run.scenarios:
                if each.status == "passed":
                    found.setdefault(_place(each), []).append(each.seconds)
    return {place: statistics.median(several) for place, several in found.items()}


def _place(scenario: ScenarioName) -> Place:
    return scenario.feature, scenario.name
