"""What stands below the verdict: which capabilities are broken, and since when."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bdd.pages.capabilities import Capability
from bdd.pages.changes import since_in_words
from bdd.pages.outcome import state
from bdd.pages.words import Language
from bdd.results.comparison import Broken, Comparison, Since
from bdd.results.model import Run

_MOST_CAPABILITIES = 5
_MOST_TIMES = 3


@dataclass(frozen=True)
class BrokenCapability:
    """A capability of which a promise is broken.

    Attributes:
        title: its name.
        anchor: the id of its part of the page of promises.
        words: how many of its promises are broken; since when, if that differs among the capabilities.
    """

    title: str
    anchor: str
    words: str


@dataclass(frozen=True)
class Headline:
    """What stands below the verdict.

    Attributes:
        since: since when the promises are broken that a scenario saw broken; empty if there are none.
        capabilities: those of these promises, as many as there is room for.
        more: how many other capabilities there are.
        findings: since when the audit has found what it found; empty if that is nothing, or at a first run.
    """

    since: str
    capabilities: Sequence[BrokenCapability]
    more: int
    findings: str


def headline_of(run: Run, comparison: Comparison, capabilities: Sequence[Capability], say: Language) -> Headline:
    """Return what stands below the verdict.

    Args:
        run: the results.
        comparison: the run compared with the earlier ones.
        capabilities: its features.
        say: the language.
    """
    counted = {each.as_name for each in run.scenarios if state(run, each) == "broken"}
    broken = [each for each in comparison.broken if each.scenario.as_name in counted]
    times = [each.since for each in broken]
    several = comparison.last is not None and len({since_in_words(each, say) for each in times}) > 1
    shown = list(_broken_capabilities(broken, capabilities, say, with_since=several))
    return Headline(
        since=_as_sentence(_in_words(times, comparison, say)) if times else "",
        capabilities=shown[:_MOST_CAPABILITIES],
        more=len(shown[_MOST_CAPABILITIES:]),
        findings=_findings(run, comparison, say),
    )


def since_of_several(times: Sequence[Since], say: Language) -> str:
    """Return since when several things have been so: `2 new in this run, 3 since 22 June 2026`.

    Args:
        times: that of each, at least one.
        say: the language.
    """
    counts = Counter(since_in_words(each, say) for each in times)
    if len(counts) == 1:
        return next(iter(counts))
    known = {since_in_words(each, say): each for each in times}
    newest_first = sorted(known, key=lambda words: -known[words].run.began)
    if len(counts) <= _MOST_TIMES:
        return ", ".join(_counted(counts[words], known[words], say) for words in newest_first)
    first = known[newest_first[-1]]
    new = sum(counts[words] for words in known if _is_new(known[words]))
    parts = [say("since_this_run_of", n=new)] if new else []
    word = "since_various_at_least" if first.at_least else "since_various"
    return ", ".join([*parts, say(word, n=len(times) - new, date=say.date(first.run.began))])


def _counted(count: int, since: Since, say: Language) -> str:
    if _is_new(since):
        return say("since_this_run_of", n=count)
    return say("since_at_least_of" if since.at_least else "since_of", n=count, date=say.date(since.run.began))


def _is_new(since: Since) -> bool:
    return since.runs == 1 and not since.at_least


def _in_words(times: Sequence[Since], comparison: Comparison, say: Language) -> str:
    return say("since_unknown") if comparison.last is None else since_of_several(times, say)


def _broken_capabilities(
    broken: Sequence[Broken], capabilities: Sequence[Capability], say: Language, *, with_since: bool
) -> Iterator[BrokenCapability]:
    for each in capabilities:
        of_it = [one.since for one in broken if one.scenario.feature == each.file]
        if of_it:
            words = say("broken_of", n=len(of_it), of=len(each.scenarios))
            since = f" · {since_of_several(of_it, say)}" if with_since else ""
            yield BrokenCapability(each.title, each.anchor, words + since)


def _findings(run: Run, comparison: Comparison, say: Language) -> str:
    if comparison.last is None or run.end is None:
        return ""
    found = [*comparison.findings.new, *comparison.findings.still]
    times = [each.since for each in found if each.scenario and not run.end.lets_through(each.scenario)]
    return say("findings_since", since=since_of_several(times, say)) if times else ""


def _as_sentence(clause: str) -> str:
    return f"{clause[:1].upper()}{clause[1:]}."
