"""Decides what a run says of the platform. All that a page shows in green or red asks here, and only here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bdd.output.printable import first_line
from bdd.results.model import Run, Scenario
from bdd.results.summary import RunSummary, ScenarioSummary

Kind = Literal["kept", "broken", "not judged", "unfinished"]
AnyRun = Run | RunSummary
State = Literal["kept", "broken", "known", "not judged", "not run"]
"""What a scenario says of its promise."""


@dataclass(frozen=True)
class Breach:
    """A way in which a run was not what a good run is.

    Attributes:
        word: the key of its sentence in the words of the pages.
        values: what is put into that sentence.
    """

    word: str
    values: Mapping[str, object]


@dataclass(frozen=True)
class Outcome:
    """What a run says of the platform.

    Attributes:
        kind: `kept`: every promise that was looked at. `broken`: at least one is not. `not judged`: the run says
            nothing of the platform, since it did not start or executed nothing. `unfinished`: it goes on, or was
            killed.
        breaches: all that speaks against `kept`; empty only then.
        known: how many scenarios failed as known.
    """

    kind: Kind
    breaches: Sequence[Breach]
    known: int

    @property
    def green(self) -> bool:
        """Whether a page may look green."""
        return self.kind == "kept"


def outcome(run: AnyRun) -> Outcome:
    """Return what a run says of the platform.

    It does not rely on `End.green` alone: a file that calls itself green and has a failure in it is not green.
    """
    breaches = list(_breaches(run))
    if run.end and not (run.end.green or breaches):
        breaches = [Breach("breach_red", {"sentence": run.end.sentence})]
    known = sum(state(run, each) == "known" for each in run.scenarios)
    if run.end is None:
        return Outcome("unfinished", breaches, known)
    if not run.end.judged or not run.scenarios:
        return Outcome("not judged", breaches or [Breach("breach_nothing", {})], known)
    return Outcome("broken" if breaches else "kept", breaches, known)


def state(run: AnyRun, scenario: Scenario | ScenarioSummary) -> State:
    """Return what a scenario of a run says of its promise."""
    if scenario.status not in {"failed", "error"}:
        return "kept" if scenario.status == "passed" else "not run"
    if scenario.status == "failed" and run.end and run.end.lets_through(scenario):
        return "known"
    late = scenario.failure is not None and scenario.failure.late
    return "not judged" if late else "broken"


def _breaches(run: AnyRun) -> Iterator[Breach]:
    """Yield all that speaks against a good run, what matters most first."""
    states = [state(run, each) for each in run.scenarios]
    if failed := states.count("broken"):
        yield Breach("breach_failed", {"n": failed, "of": len(run.scenarios)})
    if late := states.count("not judged"):
        yield Breach("breach_late", {"n": late})
    if run.end is None:
        yield Breach("breach_unfinished", {"n": len(run.scenarios), "of": len(run.run.selected)})
        return
    yield from _breaches_of_its_end(run)
    if missing := len(list(run.not_executed())) + states.count("not run"):
        yield Breach("breach_not_executed", {"n": missing})


def _breaches_of_its_end(run: AnyRun) -> Iterator[Breach]:
    end = run.end
    if end is None:
        return
    if findings := end.findings_not_known():
        yield Breach("breach_findings", {"n": len(findings)})
    if end.abort_reason is not None:
        yield Breach("breach_aborted", {"reason": first_line(end.abort_reason)})
    elif not end.audited:
        yield Breach("breach_not_audited", {})
    if end.hook_failures:
        yield Breach("breach_hooks", {"n": len(end.hook_failures), "first": first_line(end.hook_failures[0])})
    if expired := sum(each.state == "expired" for each in end.known):
        yield Breach("breach_expired", {"n": expired})
