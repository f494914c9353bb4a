"""Causes: the failures and findings of a run, those of one cause together."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from bdd.verdict.audit import Finding, Late
from bdd.verdict.scenario_log import ScenarioLog
from bdd.verdict.symptom import NEVER, RESPONSE, Symptom, in_words, too_late

_MOST_KINDS = 2
_Any = TypeVar("_Any")


@dataclass(eq=False)
class Failure:
    """A scenario that failed.

    Attributes:
        scenario: its name.
        location: its file and line.
        step: the failed step.
        message: what is wrong.
        symptoms: what it has in common with others of the same cause.
        prepares: whether the step was to prepare the scenario, so that nothing is known of what it is about.
        log: what it did and expected.
        evidence: the folder with its evidence.
    """

    scenario: str
    location: str
    step: str
    message: str
    symptoms: Sequence[Symptom]
    prepares: bool
    log: ScenarioLog
    evidence: Path | None = None


@dataclass(eq=False)
class Cause:
    """What failures and findings have in common.

    Attributes:
        numbers: its numbers, the one that was given first before others that turned out to be the same.
        identities: those of its symptoms.
        failures: the scenarios that failed because of it, the first one first.
        findings: what the audit found of it.
    """

    numbers: list[int]
    identities: set[tuple[str, str]] = field(default_factory=set)
    failures: list[Failure] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    @property
    def number(self) -> int:
        """The number by which it is named."""
        return self.numbers[0]

    @property
    def symptoms(self) -> list[Symptom]:
        """The symptoms of its failures and findings, each once."""
        reported: list[Failure | Finding] = [*self.failures, *self.findings]
        shown = (symptom for each in reported for symptom in each.symptoms)
        return _each_once(symptom for symptom in shown if symptom.identity in self.identities)

    @property
    def title(self) -> str:
        """The cause as a clause: `patient.created and patient.updated without telefon`."""
        return title_of(self.symptoms)

    @property
    def best(self) -> Failure | Finding:
        """What shows it best: a scenario with no other cause, in a step that did not only prepare it."""
        examples = sorted(self.failures, key=lambda each: (len(each.symptoms), each.prepares))
        return examples[0] if examples else self.findings[0]

    @property
    def advice(self) -> str:
        """What to do about it."""
        symptoms = self.symptoms
        if {each.where.startswith(RESPONSE) for each in symptoms if each.is_data} == {True, False}:
            return "responses and events agree: correct what the service stores, or how it reads it"
        return next((each.advice for each in symptoms if each.advice), "read the message of the first one")

    @property
    def not_judged(self) -> int:
        """How many of its scenarios failed while they were prepared."""
        return sum(each.prepares for each in self.failures)


class Causes:
    """Sorts failures and findings by their causes, in the order in which they come.

    Two symptoms are of one cause if they have the same identity, or if one failure shows both and they are of the
    same kind: an event without any of its fields has one cause, and not ten.
    """

    def __init__(self) -> None:
        self._count = 0
        self._by_identity: dict[tuple[str, str], Cause] = {}
        self._failures: list[Failure] = []

    def __iter__(self) -> Iterator[Cause]:
        """Yield the causes, those of most scenarios first."""
        causes = (each for each in _each_once(self._by_identity.values()) if each.failures or each.findings)
        yield from sorted(causes, key=lambda each: (-len(each.failures), -len(each.findings), each.number))

    def of(self, scenario: str, location: str) -> Cause | None:
        """Return the cause for which a scenario failed, None if it has not.

        Args:
            scenario: its name.
            location: its file and line.
        """
        place = (scenario, location)
        failure = next((each for each in self._failures if (each.scenario, each.location) == place), None)
        return self._by_identity[failure.symptoms[0].identity] if failure else None

    def of_finding(self, finding: Finding) -> Cause | None:
        """Return the cause of a finding, None if it was not noted."""
        return self._by_identity.get(finding.symptoms[0].identity)

    def note(self, reported: Failure | Finding) -> tuple[Cause, bool]:
        """Return the first cause of a failure or a finding, and whether one of its causes is new."""
        found = [self._cause_of(several) for several in _of_one_cause(reported.symptoms)]
        for cause in _each_once(cause for cause, _ in found):
            if isinstance(reported, Failure):
                cause.failures.append(reported)
            else:
                cause.findings.append(reported)
        if isinstance(reported, Failure):
            self._failures.append(reported)
        return found[0][0], any(is_new for _, is_new in found)

    def end(self, trouble: Symptom) -> None:
        """Let a broken platform be the cause of the newest failures in which something did not come."""
        broken, _ = self._cause_of([trouble])
        for failure in reversed(self._failures):
            if trouble in failure.symptoms:
                continue
            if not all(each.is_silence for each in failure.symptoms):
                break
            for cause in self:
                cause.failures = [each for each in cause.failures if each is not failure]
            failure.symptoms = [trouble]
            broken.failures.insert(0, failure)

    def note_late(self, late: Sequence[Late]) -> None:
        """Let lateness be the cause of the failures whose event came after its deadline."""
        after_deadline = {id(each.log): each.expectation for each in late if not each.in_time}
        slowest: dict[str, float] = {}
        for each in after_deadline.values():
            slowest[each.event_type] = max(each.seconds or 0, slowest.get(each.event_type, 0))
        for failure in self._failures:
            expectation = after_deadline.get(id(failure.log))
            if expectation and failure.symptoms[0].kind == NEVER:
                failure.symptoms = [too_late(expectation, slowest[expectation.event_type])]

    def _cause_of(self, symptoms: Sequence[Symptom]) -> tuple[Cause, bool]:
        """Return the cause of symptoms that have one, and whether it is new; what had been two may become one."""
        identities = {each.identity for each in symptoms}
        found = _each_once(self._by_identity[each] for each in identities if each in self._by_identity)
        if not found:
            self._count += 1
        cause, *others = sorted(found, key=lambda each: each.number) or [Cause([self._count])]
        for other in others:
            cause.numbers += other.numbers
            cause.failures += [each for each in other.failures if each not in cause.failures]
            cause.findings += other.findings
            identities |= other.identities
        cause.identities |= identities
        self._by_identity.update(dict.fromkeys(identities, cause))
        return cause, not found


def title_of(symptoms: Sequence[Symptom]) -> str:
    """Return symptoms in a clause."""
    kinds: dict[str, list[Symptom]] = {}
    for each in symptoms:
        kinds.setdefault(each.kind, []).append(each)
    clauses = [
        in_words(kind, _each_once(one.where for one in of_kind), _each_once(one.field for one in of_kind))
        for kind, of_kind in kinds.items()
    ]
    more = [f"{len(clauses) - _MOST_KINDS} more"] if len(clauses) > _MOST_KINDS else []
    return "; ".join([*clauses[:_MOST_KINDS], *more])


def _of_one_cause(symptoms: Sequence[Symptom]) -> Iterable[Sequence[Symptom]]:
    """Return the symptoms of one failure, those of one cause together."""
    together: dict[object, list[Symptom]] = {}
    for each in symptoms:
        key = (each.about, each.kind) if each.is_data else each.identity
        together.setdefault(key, []).append(each)
    return together.values()


def _each_once(several: Iterable[_Any]) -> list[_Any]:
    return list(dict.fromkeys(several))
