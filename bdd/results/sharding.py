"""Divides the scenarios of a run into shards, by how long they took in earlier runs.

    shards = shards_of(scenarios, 3, seconds_of(runs))
    shards[Shard.parse("2/3").number - 1]
    plan = checksum_of(shards)

The same scenarios, durations and number of shards give the same shards on every machine. Machines that know
different durations would not divide alike: the plan's checksum in each shard's results shows it, and `merge`
refuses them.
"""

import hashlib
import json
import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from bdd.results.model import ScenarioName
from bdd.results.summary import RunSummary

_SHARD = re.compile(r"([1-9][0-9]{0,3})/([1-9][0-9]{0,3})", re.ASCII)
_EQUAL = 1.0

Place = tuple[str, str]
"""Feature file and name of a scenario."""


@dataclass(frozen=True)
class Shard:
    """One of several parts of a run: the second of three is `2/3`."""

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the shard that a text such as `2/3` names.

        Raises:
            ValueError: it names none; the message says what is allowed.
        """
        found = _SHARD.fullmatch(text.strip())
        if not found or int(found[1]) > int(found[2]):
            raise ValueError("a shard and how many there are, from 1/1 on, such as 2/3")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


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


def checksum_of(shards: Sequence[Sequence[ScenarioName]]) -> str:
    """Return the SHA-256 of a whole division: shards of one run have the same one."""
    names = [[(each.feature, each.name, each.line) for each in shard] for shard in shards]
    return hashlib.sha256(json.dumps(names).encode()).hexdigest()


def _place(scenario: ScenarioName) -> Place:
    return scenario.feature, scenario.name
