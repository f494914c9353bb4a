"""The features of a run with their scenarios, each as a promise that is kept or not."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bdd.pages.outcome import State, state
from bdd.pages.site import file_name
from bdd.pages.words import Language
from bdd.results.model import Feature, Run, ScenarioName

_WORST_FIRST: Sequence[State] = ("broken", "not judged", "known", "not run", "kept")


@dataclass(frozen=True)
class Promise:
    """A scenario as a line in its capability.

    Attributes:
        name: the scenario's.
        state: what the run says of it.
        page: its page, None if it has none.
        note: why it was not executed.
    """

    name: str
    state: State
    page: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Capability:
    """A feature.

    Attributes:
        file: its file.
        title: its name.
        description: its text.
        anchor: the id of its part of the page.
        state: the worst of its scenarios.
        words: how many promises are kept, and what is with the others.
        scenarios: its scenarios.
    """

    file: str
    title: str
    description: str
    anchor: str
    state: State
    words: str
    scenarios: Sequence[Promise]

    @property
    def states(self) -> list[State]:
        """What the run says of each scenario."""
        return [each.state for each in self.scenarios]


def capabilities_of(run: Run, pages: Mapping[ScenarioName, str], say: Language) -> list[Capability]:
    """Return the features of a run, in the order in which they were executed.

    Args:
        run: the results.
        pages: the page of each scenario.
        say: the language.
    """
    promises: dict[str, list[Promise]] = {each.file: [] for each in run.run.features}
    for file, promise in _promises(run, pages):
        promises.setdefault(file, []).append(promise)
    titles = {each.file: each for each in run.run.features}
    return [
        _capability(titles.get(file) or Feature(file=file, name=file), of_it, say)
        for file, of_it in promises.items()
        if of_it
    ]


def _promises(run: Run, pages: Mapping[ScenarioName, str]) -> Iterator[tuple[str, Promise]]:
    """Yield all scenarios that were selected, with the feature's file: executed, not executed, left out."""
    for each in run.scenarios:
        yield each.feature, Promise(each.name, state(run, each), pages.get(each.as_name))
    for missing in run.not_executed():
        yield missing.feature, Promise(missing.name, "not run")
    for out in run.run.left_out:
        yield from ((each.feature, Promise(each.name, "not run", note=out.reason)) for each in out.scenarios)


def _capability(feature: Feature, promises: Sequence[Promise], say: Language) -> Capability:
    counts = Counter(each.state for each in promises)
    kept, count = counts["kept"], len(promises)
    parts = [say("kept_all", n=count) if kept == count else say("kept_some", kept=kept, n=count)]
    parts += [
        say(f"counted_{each.replace(' ', '_')}", n=counts[each])
        for each in _WORST_FIRST
        if each != "kept" and counts[each]
    ]
    return Capability(
        file=feature.file,
        title=feature.name,
        description=" ".join(feature.description.split()),
        anchor=file_name(feature.file.rpartition("/")[2].removesuffix(".feature")),
        state=next(each for each in _WORST_FIRST if counts[each]),
        words=", ".join(parts),
        scenarios=promises,
    )
