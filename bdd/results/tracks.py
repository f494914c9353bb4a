"""Follows scenarios through the runs of a history, also where they are renamed.

A scenario is the same in two runs if its feature file and its name are the same; of several with one name, the
first by their lines is the first one. A scenario was renamed if it is new in a run, another one was last known in
the run before, both have the same steps with the same tables and texts, and either the feature file or the name is
the same. If there are several of both kinds with the same steps, they belong together in their order, provided that
there are as many of one kind as of the other; otherwise none counts as renamed. A scenario without steps, because
it was not executed, does not either.
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from bdd.results.model import ScenarioName
from bdd.results.summary import RunSummary, ScenarioSummary, Verdict

_Key = tuple[str, str, int]
"""Feature file, name, and which one of that name."""
_Steps = tuple[tuple[str, str], ...]
"""The sentence of each step, and the table or the text below it."""


@dataclass(eq=False)
class Track:
    """A scenario through all runs of a history; each list has one entry for each run, the oldest first.

    Attributes:
        names: its name in a run, None where the run does not have it.
        results: its results, None where it was not executed.
    """

    names: list[ScenarioName | None]
    results: list[ScenarioSummary | None]

    @property
    def name(self) -> ScenarioName:
        """Its newest name."""
        return next(name for name in reversed(self.names) if name)

    @property
    def verdicts(self) -> list[Verdict | None]:
        """Whether it passed or failed, None where neither is known."""
        return [result.verdict if result else None for result in self.results]

    @property
    def steps(self) -> _Steps:
        """Its newest steps, empty if none are known."""
        return next((steps for result in reversed(self.results) if (steps := _steps_of(result))), ())


def tracks_of(runs: Sequence[RunSummary]) -> list[Track]:
    """Return the tracks of all scenarios that the runs know, those of the newest run first, in its order.

    Args:
        runs: the oldest first. One that knows no scenario, because it did not start, is passed over.
    """
    everything: dict[_Key, Track] = {}
    current: dict[_Key, Track] = {}
    for at, run in enumerate(runs):
        names, results = _known_by(run)
        if not names:
            continue
        gone = {key: track for key, track in current.items() if key not in names}
        added = {key: _steps_of(results.get(key)) for key in names if key not in everything}
        for former, key in _renamed({former: track.steps for former, track in gone.items()}, added):
            everything[key] = everything.pop(former)
        for key, name in names.items():
            track = everything.setdefault(key, Track([None] * len(runs), [None] * len(runs)))
            track.names[at], track.results[at] = name, results.get(key)
        current = {key: everything[key] for key in names}
    return [*current.values(), *(track for key, track in everything.items() if key not in current)]


def _known_by(run: RunSummary) -> tuple[dict[_Key, ScenarioName], dict[_Key, ScenarioSummary]]:
    """Return the scenarios that a run knows, which were selected, executed or left out, and what came of them."""
    left_out = (name for each in run.run.left_out for name in each.scenarios)
    several = [*run.run.selected, *run.scenarios, *left_out]
    lines: dict[tuple[str, str], set[int]] = {}
    for each in several:
        lines.setdefault((each.feature, each.name), set()).add(each.line)

    def key(each: ScenarioName) -> _Key:
        return each.feature, each.name, sorted(lines[each.feature, each.name]).index(each.line)

    return {key(each): each for each in several}, {key(each): each for each in run.scenarios}


def _steps_of(result: ScenarioSummary | None) -> _Steps:
    return tuple((step.sentence, step.text) for step in result.steps) if result else ()


def _renamed(gone: Mapping[_Key, _Steps], added: Mapping[_Key, _Steps]) -> Iterator[tuple[_Key, _Key]]:
    """Yield the former and the new key of each scenario that was renamed.

    Args:
        gone: the steps of those that are no longer there.
        added: the steps of those that were not there before.
    """
    found: set[_Key] = set()
    for part in (0, 1):  # the same feature file first, then the same name
        before, after = (_by_steps(several, part, found) for several in (gone, added))
        for same, former in before.items():
            if len(new := after.get(same, [])) == len(former):
                found.update(former, new)
                yield from zip(former, new, strict=True)


def _by_steps(several: Mapping[_Key, _Steps], part: int, without: Set[_Key]) -> dict[object, list[_Key]]:
    """Return the keys by a part of them and by their steps, in the order of the runs."""
    found: dict[object, list[_Key]] = {}
    for key, steps in several.items():
        if steps and key not in without:
            found.setdefault((key[part], steps), []).append(key)
    return found
