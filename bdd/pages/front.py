"""The first page: the verdict, its causes, what has changed, the capabilities, and what identifies the run."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bdd.pages.capabilities import Capability
from bdd.pages.changes import Changes
from bdd.pages.outcome import Kind, Outcome, outcome
from bdd.pages.words import Language
from bdd.results.model import Cause, Finding, KnownFailure, Run, ScenarioName
from bdd.results.summary import RunSummary

_ICON_OF_KNOWN: Mapping[str, str] = {"passed": "kept", "expired": "broken", "failed as known": "known"}
_SHORT = 12
"""How many characters of a checksum or a digest are shown."""


@dataclass(frozen=True)
class CauseShown:
    """A cause as the first page shows it.

    Attributes:
        count: how many scenarios failed because of it, or how many findings it has if no scenario did.
        unit: what is counted.
        title: the cause in a clause.
        since: since when it has been there, in a clause; empty at a first run.
        advice: what to do about it.
        example: the name of the scenario that shows it best.
        page: that scenario's page, None if it has none.
        notes: further sentences.
    """

    count: int
    unit: str
    title: str
    since: str
    advice: str
    example: str
    page: str | None
    notes: Sequence[str]


@dataclass(frozen=True)
class KnownShown:
    """A known failure as the first page shows it."""

    entry: KnownFailure
    icon: str
    words: str


@dataclass(frozen=True)
class Front:
    """What the first page shows.

    Attributes:
        look: the class of the verdict: `kept`, `broken` or `open`.
        icon: the sign beside it.
        sentence: the verdict.
        breaches: what else speaks against a good run, in sentences.
        before: how it was in the runs before, in a sentence.
        strip: what each run of the history says of the platform, the oldest first.
    """

    look: str
    icon: str
    sentence: str
    breaches: Sequence[str]
    before: str
    strip: Sequence[Kind]
    strip_in_words: str
    causes: Sequence[CauseShown]
    findings: Sequence[Finding]
    hook_failures: Sequence[str]
    abort_reason: str | None
    known: Sequence[KnownShown]
    troubles: Sequence[str]
    capabilities: Sequence[Capability]
    facts: Sequence[tuple[str, str]]
    more_facts: Sequence[tuple[str, str]]


def front_of(
    run: Run,
    say: Language,
    *,
    history: Sequence[RunSummary],
    changes: Changes,
    capabilities: Sequence[Capability],
    pages: Mapping[ScenarioName, str],
) -> Front:
    """Return what the first page shows.

    Args:
        run: the results.
        say: the language.
        history: the newest runs like this one, itself at the end.
        changes: what has changed since the last run.
        capabilities: the features.
        pages: the page of each scenario.
    """
    end = run.end
    judged = outcome(run)
    strip = [outcome(each).kind for each in history[:-1]] + [judged.kind]
    sentence, breaches = verdict(run, judged, say)
    return Front(
        look=look_of(judged),
        icon=icon_of(judged),
        sentence=sentence,
        breaches=breaches,
        before=_before(history, strip, say),
        strip=strip,
        strip_in_words=say(
            "strip", n=len(strip), kept=strip.count("kept"), broken=len(strip) - strip.count("kept")
        ),
        causes=[_cause(each, changes, pages, say) for each in end.causes] if end else [],
        findings=end.findings if end else [],
        hook_failures=end.hook_failures if end else [],
        abort_reason=end.abort_reason if end else None,
        known=[_known(each, say) for each in end.known] if end else [],
        troubles=end.troubles if end else [],
        capabilities=capabilities,
        facts=list(_facts(run, say)),
        more_facts=list(_more_facts(run, say)),
    )


def look_of(judged: Outcome) -> str:
    """Return the class of the verdict: `kept` for a green one only, `broken`, or `open` where nobody knows."""
    if judged.green:
        return "kept"
    return "broken" if judged.kind == "broken" else "open"


def icon_of(judged: Outcome) -> str:
    """Return the sign beside the verdict."""
    return judged.kind if judged.kind in {"kept", "broken"} else "not judged"


def verdict(run: Run, judged: Outcome, say: Language) -> tuple[str, list[str]]:
    """Return the verdict in one sentence, and what else speaks against a good run.

    Args:
        run: the results.
        judged: what they say of the platform.
        say: the language.
    """
    breaches = [say(each.word, **each.values) for each in judged.breaches]
    words = [each.word for each in judged.breaches]
    if judged.green:
        if judged.known:
            return say("verdict_kept_known", n=judged.known), []
        return say("verdict_kept", n=len(run.scenarios)), []
    if judged.kind != "broken":
        return say("verdict_not_judged" if judged.kind == "not judged" else "verdict_unfinished"), breaches
    if words[0] == "breach_failed":
        return say("verdict_failed", **judged.breaches[0].values), breaches[1:]
    incomplete = {"breach_aborted", "breach_not_executed", "breach_not_audited", "breach_late"}
    return say("verdict_incomplete" if incomplete.issuperset(words) else "verdict_broken"), breaches


def _before(history: Sequence[RunSummary], strip: Sequence[Kind], say: Language) -> str:
    """Return how it was in the runs before the last one, in a sentence; nothing at a first run."""
    if len(history) == 1:
        return ""
    kept = [kind == "kept" for kind in strip]
    if kept[-1]:
        run_of_good = next((n for n, good in enumerate(reversed(kept)) if not good), len(kept))
        return say("kept_for", n=run_of_good - 1) if run_of_good > 1 else say("kept_again")
    if True not in kept:
        return say("never_kept", n=len(history) - 1)
    last = max(at for at, good in enumerate(kept) if good)
    return say("last_kept", date=say.moment(history[last].run.began), n=len(history) - 1 - last)


def _cause(cause: Cause, changes: Changes, pages: Mapping[ScenarioName, str], say: Language) -> CauseShown:
    failed = len(cause.failures)
    count = failed or cause.findings
    notes = [say("not_prepared", n=len(cause.not_judged))] if cause.not_judged else []
    notes += [say("and_findings", n=cause.findings)] if failed and cause.findings else []
    return CauseShown(
        count=count,
        unit=say("of_scenarios" if failed else "of_findings", n=count),
        title=cause.title,
        since=changes.causes.get(cause.title, ""),
        advice=cause.advice,
        example=cause.best.name,
        page=pages.get(cause.best.as_name),
        notes=notes,
    )


def _known(entry: KnownFailure, say: Language) -> KnownShown:
    words = say(f"known_{entry.state.replace(' ', '_')}", until=say.day_of(entry.until), who=entry.who)
    return KnownShown(entry, _ICON_OF_KNOWN.get(entry.state, "not run"), words)


def _facts(run: Run, say: Language) -> Iterator[tuple[str, str]]:
    head = run.run
    yield say("fact_began"), say.moment(head.began)
    if run.end:
        yield say("fact_took"), say.seconds(run.end.ended - head.began)
    if parts := [" ".join(filter(None, [each.name, each.version])) for each in head.platform]:
        yield say("fact_platform"), ", ".join(parts)
    for reason, count in Counter({each.reason: len(each.scenarios) for each in head.left_out}).items():
        yield say("fact_left_out"), say("left_out", n=count, reason=reason)


def _more_facts(run: Run, say: Language) -> Iterator[tuple[str, str]]:
    head = run.run
    yield say("fact_run"), head.id
    suite = " ".join(filter(None, [head.version, head.commit[:_SHORT]]))
    yield say("fact_suite"), say("fact_suite_changed", suite=suite) if head.changed else suite
    yield say("fact_selection"), head.selection
    for part in head.platform:
        said = (part.address, part.image, part.digest[: len("sha256:") + _SHORT])
        yield part.name, " · ".join(filter(None, said))
    if run.end:
        phases = [f"{name} {say.seconds(seconds)}" for name, seconds in run.end.phases.items()]
        yield say("fact_phases"), ", ".join(phases)
    yield say("fact_settings"), _pairs(head.settings)
    yield say("fact_seed"), "" if head.seed is None else str(head.seed)
    yield say("fact_machine"), _pairs(head.machine)
    yield say("fact_checksums"), _pairs({name: text[:_SHORT] for name, text in head.checksums.items()})
    yield say("fact_merged_from"), ", ".join(head.merged_from)


def _pairs(several: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in several.items())
