"""What has changed since the last run, as the first page shows it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bdd.pages.words import Language
from bdd.results.comparison import Broken, Comparison, Lasting, Mended, Renamed, Since
from bdd.results.model import ScenarioName


@dataclass(frozen=True)
class Change:
    """A scenario, or what the audit found, in a group of changes.

    Attributes:
        name: what it is called.
        page: its page, None if it has none.
        note: since when, or why.
    """

    name: str
    page: str | None
    note: str


@dataclass(frozen=True)
class Group:
    """What has changed in one way.

    Attributes:
        kind: `newly_broken`, `mended` and so on: the key of its heading, and its sign.
        icon: the sign beside it.
        changes: what has changed.
    """

    kind: str
    icon: str
    changes: Sequence[Change]

    @property
    def by_note(self) -> Mapping[str, Sequence[Change]]:
        """What has changed, by what is said of it, so that it is said once."""
        return {note: [each for each in self.changes if each.note == note] for note in self._notes}

    @property
    def _notes(self) -> Iterable[str]:
        return dict.fromkeys(each.note for each in self.changes)


@dataclass(frozen=True)
class Changes:
    """What has changed since the last run.

    Attributes:
        compared_with: a sentence that says with what it was compared, or that there was nothing.
        groups: the ways in which something has changed, without those in which nothing has.
        since: since when each failed scenario has failed, in a clause.
        causes: since when each cause has been there, in a clause: its title -> the clause.
    """

    compared_with: str
    groups: Sequence[Group]
    since: Mapping[ScenarioName, str]
    causes: Mapping[str, str]


def changes_of(comparison: Comparison, pages: Mapping[ScenarioName, str], say: Language) -> Changes:
    """Return what has changed since the last run.

    Args:
        comparison: the run compared with the earlier ones.
        pages: the page of each scenario.
        say: the language.
    """
    lasting = [*comparison.causes.new, *comparison.causes.still]
    return Changes(
        compared_with=" ".join(_compared_with(comparison, say)),
        groups=[each for each in _groups(comparison, _Maker(pages, say)) if each.changes],
        since={each.scenario.as_name: since_in_words(each.since, say) for each in comparison.broken},
        causes={each.title: since_in_words(each.since, say) for each in lasting} if comparison.last else {},
    )


def since_in_words(since: Since, say: Language) -> str:
    """Return since when something has been so, in a clause: `since 24 November 2026, for 3 runs`.

    Args:
        since: since when.
        say: the language.
    """
    if since.runs == 1 and not since.at_least:
        return say("since_this_run")
    word = "since_at_least" if since.at_least else "since"
    return say(word, date=say.date(since.run.began), n=since.runs)


class _Maker:
    """Makes what the groups consist of."""

    def __init__(self, pages: Mapping[ScenarioName, str], say: Language) -> None:
        self._pages = pages
        self._say = say

    def scenarios(self, several: Iterable[tuple[ScenarioName, str]]) -> list[Change]:
        return [Change(each.name, self._pages.get(each.as_name), note) for each, note in several]

    def broken(self, several: Iterable[Broken]) -> list[Change]:
        return self.scenarios((each.scenario, self._after(each.title, each.since)) for each in several)

    def mended(self, several: Iterable[Mended]) -> list[Change]:
        return self.scenarios(
            (each.scenario, self._was(each.failed, "was_broken", "was_broken_at_least")) for each in several
        )

    def renamed(self, several: Iterable[Renamed]) -> list[Change]:
        return self.scenarios((each.scenario, self._formerly(each)) for each in several)

    def findings(self, several: Iterable[Lasting]) -> list[Change]:
        return [self._finding(each, since_in_words(each.since, self._say)) for each in several]

    def gone(self, several: Iterable[Lasting]) -> list[Change]:
        return [self._finding(each, self._was(each.since, "was_found", "was_found_at_least")) for each in several]

    def _finding(self, finding: Lasting, note: str) -> Change:
        page = self._pages.get(finding.scenario.as_name) if finding.scenario else None
        return Change(finding.title, page, note)

    def _formerly(self, renamed: Renamed) -> str:
        former = renamed.former
        return self._say("formerly", name=former.feature if former.name == renamed.scenario.name else former.name)

    def _was(self, since: Since, word: str, at_least: str) -> str:
        return self._say(at_least if since.at_least else word, date=self._say.date(since.run.began), n=since.runs)

    def _after(self, title: str, since: Since) -> str:
        words = "" if since.runs == 1 else since_in_words(since, self._say)
        return " · ".join(filter(None, [words, title]))


def _groups(comparison: Comparison, make: _Maker) -> Iterator[Group]:
    """Yield the groups, what needs somebody first."""
    yield Group("newly_broken", "broken", make.broken(comparison.newly_broken))
    yield Group("new_findings", "broken", make.findings(comparison.findings.new if comparison.last else []))
    yield Group("still_broken", "broken", make.broken(comparison.still_broken))
    yield Group("still_found", "broken", make.findings(comparison.findings.still if comparison.last else []))
    yield Group("mended", "kept", make.mended(comparison.mended))
    yield Group("no_longer_found", "kept", make.gone(comparison.findings.gone))
    yield Group("new", "not run", make.scenarios((each, "") for each in comparison.new))
    yield Group("renamed", "not run", make.renamed(comparison.renamed))
    yield Group("removed", "not run", make.scenarios((each, "") for each in comparison.removed))
    yield Group("not_run", "not run", make.scenarios((each.scenario, each.reason) for each in comparison.not_run))


def _compared_with(comparison: Comparison, say: Language) -> Iterator[str]:
    if comparison.last is None:
        yield say("first_run")
    else:
        yield say("compared_with", date=say.moment(comparison.last.began))
    if comparison.silent:
        yield say("silent_runs", n=len(comparison.silent))
