"""Compares a run with the earlier ones of its history: what is newly broken, mended, still broken, and since when.

    comparison = compare(history.runs)
    comparison.newly_broken    # what passed when it was judged last, and fails now
    comparison.last            # the run that it is compared with; None at a first run

A scenario is compared with its last known verdict. A run that did not get to it says nothing of it, and neither
does a failure whose event came in time after all. `bdd/results/tracks.py` decides which scenarios of two runs are
the same.
"""

from collections import ChainMap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from bdd.results.model import ScenarioName
from bdd.results.summary import HeadSummary, RunSummary
from bdd.results.tracks import Track, tracks_of

_Found = dict[tuple[str, ...], ScenarioName | None]
"""The scenarios of findings: feature file, name, title -> scenario; of causes: title -> None."""


@dataclass(frozen=True)
class Since:
    """Since when a failure, a cause or a finding has been there.

    Attributes:
        run: the first of the runs that had it without interruption.
        runs: how many runs had it, the newest one included. Runs that say nothing of it are not counted.
        at_least: whether it may have been there for longer, because the first run of the history had it.
    """

    run: HeadSummary
    runs: int
    at_least: bool = False


@dataclass(frozen=True)
class Broken:
    """A scenario that fails.

    Attributes:
        scenario: its name.
        title: the title of its cause.
        since: since when it has failed.
        is_new: whether the last run did not have it.
    """

    scenario: ScenarioName
    title: str
    since: Since
    is_new: bool = False


@dataclass(frozen=True)
class Mended:
    """A scenario that passes, and failed before.

    Attributes:
        scenario: its name.
        title: the title of the cause with which it failed last.
        failed: for how long it had failed.
    """

    scenario: ScenarioName
    title: str
    failed: Since


@dataclass(frozen=True)
class Renamed:
    """A scenario that had another name in the last run, and the same steps."""

    scenario: ScenarioName
    former: ScenarioName


@dataclass(frozen=True)
class NotRun:
    """A scenario that was not executed; the reason is empty unless it was left out for one."""

    scenario: ScenarioName
    reason: str = ""


@dataclass(frozen=True)
class Lasting:
    """A cause or a finding of the audit.

    Attributes:
        title: its title.
        since: since when it has been there, or how long it was there.
        scenario: the scenario of a finding, None for a cause.
    """

    title: str
    since: Since
    scenario: ScenarioName | None = None


@dataclass(frozen=True)
class Lasted:
    """Causes, or findings of the audit, that are new, still there, or gone since the last run."""

    new: list[Lasting] = field(default_factory=list)
    still: list[Lasting] = field(default_factory=list)
    gone: list[Lasting] = field(default_factory=list)


@dataclass(frozen=True)
class Comparison:
    """A run compared with the earlier ones.

    Attributes:
        last: the run it is compared with: the newest earlier one in which a scenario passed or failed, None at a
            first run. All lists but `broken` and `not_run` are empty then, and causes and findings are `still`
            there.
        silent: the runs since then, in which none did.
        verdict_changed: whether only one of this run and the one before was green, or judged anything.
        broken: the scenarios that fail, in the order of the run.
        mended: those that pass, and failed when they were judged last.
        new: those that the last run did not have.
        removed: those that only the last run had.
        renamed: those that had another name there.
        not_run: those that were selected and not executed, or were executed in the last run and are left out now.
        causes: the causes of both runs.
        findings: the findings of both runs.
    """

    last: HeadSummary | None
    silent: Sequence[HeadSummary] = ()
    verdict_changed: bool = False
    broken: Sequence[Broken] = ()
    mended: Sequence[Mended] = ()
    new: Sequence[ScenarioName] = ()
    removed: Sequence[ScenarioName] = ()
    renamed: Sequence[Renamed] = ()
    not_run: Sequence[NotRun] = ()
    causes: Lasted = field(default_factory=Lasted)
    findings: Lasted = field(default_factory=Lasted)

    @property
    def newly_broken(self) -> list[Broken]:
        """The scenarios that fail since this run; none at a first run, where that is not known."""
        return [each for each in self.broken if each.since.runs == 1] if self.last else []

    @property
    def still_broken(self) -> list[Broken]:
        """The scenarios that failed in an earlier run too, and have not passed since."""
        return [each for each in self.broken if each.since.runs > 1]

    @property
    def changed(self) -> bool:
        """Whether anything differs from the last run; True at a first run."""
        lists = (self.newly_broken, self.mended, self.new, self.removed, self.renamed)
        lasted = (each for kind in (self.causes, self.findings) for each in (kind.new, kind.gone))
        return self.last is None or self.verdict_changed or any(lists) or any(lasted)


def compare(runs: Sequence[RunSummary]) -> Comparison:
    """Return the comparison of the newest run with the earlier ones.

    Args:
        runs: at least one, the oldest first.
    """
    run, earlier = runs[-1], runs[:-1]
    judging = [at for at, each in enumerate(earlier) if each.judges]
    last = judging[-1] if judging else None
    tracks = tracks_of(runs)
    first_known = next((at for at, each in enumerate(runs) if _knows_scenarios(each)), 0)
    comparison = Comparison(
        last=earlier[last].run if last is not None else None,
        silent=[each.run for each in earlier[last + 1 :]] if last is not None else [each.run for each in earlier],
        verdict_changed=bool(earlier) and (run.green, run.judges) != (earlier[-1].green, earlier[-1].judges),
        broken=list(_broken(runs, tracks, first_known, last)),
        mended=list(_mended(runs, tracks, first_known)),
        not_run=list(_not_run(run, tracks, last)),
        causes=_lasted(runs, _causes),
        findings=_lasted(runs, _findings),
    )
    return comparison if last is None else _with_names(comparison, run, tracks, last)


def _broken(
    runs: Sequence[RunSummary], tracks: Sequence[Track], first_known: int, last: int | None
) -> Iterator[Broken]:
    for track in tracks:
        states = [None if each is None else each == "failed" for each in track.verdicts]
        if states[-1]:
            since = _since(runs, states, whole=track.names[first_known] is None)
            is_new = last is not None and track.names[last] is None
            yield Broken(track.name, _title(track), since, is_new)


def _mended(runs: Sequence[RunSummary], tracks: Sequence[Track], first_known: int) -> Iterator[Mended]:
    for track in tracks:
        states = [None if each is None else each == "failed" for each in track.verdicts]
        if states[-1] is False and _last_known(states[:-1]):
            failed = _since(runs, states[:-1], whole=track.names[first_known] is None)
            yield Mended(track.name, _title(track), failed)


def _title(track: Track) -> str:
    """Return the title of the cause with which a scenario failed last."""
    failures = (each.failure for each in reversed(track.results) if each and each.verdict == "failed")
    return next((failure.title for failure in failures if failure), "")


def _not_run(run: RunSummary, tracks: Sequence[Track], last: int | None) -> Iterator[NotRun]:
    reasons = {name.identity: each.reason for each in run.run.left_out for name in each.scenarios}
    started = _knows_scenarios(run)
    for track in tracks:
        name, result = track.names[-1], track.results[-1]
        was_executed = last is not None and track.results[last] is not None
        if name is None:
            if not started and last is not None and (former := track.names[last]):
                yield NotRun(former)
        elif result is None or result.status in {"skipped", "not executed"}:
            reason = reasons.get(name.identity, "")
            if was_executed or not reason:
                yield NotRun(name, reason)


def _with_names(comparison: Comparison, run: RunSummary, tracks: Sequence[Track], last: int) -> Comparison:
    """Return a comparison with what is new, removed and renamed."""
    removes = _knows_scenarios(run) and run.run.shard is None  # otherwise it does not say what is there
    new, removed, renamed = [], [], []
    for track in tracks:
        before, now = track.names[last], track.names[-1]
        if now and not before:
            new.append(now)
        elif before and not now and removes:
            removed.append(before)
        elif before and now and (before.feature, before.name) != (now.feature, now.name):
            renamed.append(Renamed(now, before))
    return replace(comparison, new=new, removed=removed, renamed=renamed)


def _lasted(runs: Sequence[RunSummary], found_in: Callable[[RunSummary], _Found]) -> Lasted:
    """Return what was found in the last run and in the others.

    Args:
        runs: all of them.
        found_in: returns what was found in a run. In a run that ended early or was not audited, something else may
            be there too.
    """
    found = [found_in(each) for each in runs]
    newest = ChainMap(*reversed(found))
    lasted = Lasted()
    for key in dict.fromkeys(key for of_run in newest.maps for key in of_run):
        states = [True if key in of_run else _absent(run) for of_run, run in zip(found, runs, strict=True)]
        if states[-1]:
            since = _since(runs, states)
            is_new = since.runs == 1 and not since.at_least
            (lasted.new if is_new else lasted.still).append(Lasting(key[-1], since, newest[key]))
        elif states[-1] is False and _last_known(states[:-1]):
            lasted.gone.append(Lasting(key[-1], _since(runs, states[:-1]), newest[key]))
    return lasted


def _absent(run: RunSummary) -> bool | None:
    return False if run.end and run.end.audited else None


def _causes(run: RunSummary) -> _Found:
    return {(each.title,): None for each in run.end.causes} if run.end else {}


def _findings(run: RunSummary) -> _Found:
    findings = run.end.findings if run.end else ()
    return {(each.scenario.feature, each.scenario.name, each.title): each.scenario for each in findings}


def _last_known(states: Sequence[bool | None]) -> bool | None:
    return next((state for state in reversed(states) if state is not None), None)


def _since(runs: Sequence[RunSummary], states: Sequence[bool | None], *, whole: bool = False) -> Since:
    """Return since when something has been there that the last run with a known state had.

    Args:
        runs: the runs.
        states: whether each of them had it, None where that is not known.
        whole: whether it is known that it was not there before the first run.
    """
    so = []
    for at in range(len(states) - 1, -1, -1):
        if states[at] is False:
            whole = True
            break
        so += [at] if states[at] else []
    return Since(runs[so[-1]].run, len(so), at_least=not whole)


def _knows_scenarios(run: RunSummary) -> bool:
    return bool(run.run.selected or run.scenarios or run.run.left_out)
