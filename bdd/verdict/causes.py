"""Causes: the failures and findings of a run, those of one cause together."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from bdd.contracts.differences import EXTRA, WITHOUT
from bdd.output.console import at_most
from bdd.verdict.audit import Finding, Late
from bdd.verdict.scenario_log import ScenarioLog
from bdd.verdict.symptom import NEVER, RESPONSE, Symptom, in_words, too_late

_MOST_KINDS = 2
_Any = TypeVar("_Any")
_Reported = TypeVar("_Reported", bound="Failure | Finding")


@dataclass(eq=False)
class Failure:
    """A scenario that failed.

    Attributes:
        log: what it did and expected.
        step: the failed step.
        message: what is wrong.
        symptoms: what it has in common with others of the same cause.
        prepares: whether the step was to prepare the scenario, so that nothing is known of what it is about.
        evidence: the folder with its evidence.
    """

    log: ScenarioLog
    step: str
    message: str
    symptoms: Sequence[Symptom]
    prepares: bool
    evidence: Path | None = None

    @property
    def scenario(self) -> str:
        """The scenario's name."""
        return self.log.scenario

    @property
    def location(self) -> str:
        """The scenario's file and line."""
        return self.log.location


@dataclass(eq=False)
class _Group:
    """What the symptoms of one cause share: its numbers, the first one first, and their identities."""

    numbers: list[int]
    identities: set[tuple[str, str]] = field(default_factory=set)


@dataclass(frozen=True)
class Cause:
    """What failures and findings have in common.

    Attributes:
        numbers: its numbers, the one that was given first before others that turned out to be the same.
        symptoms: those of its failures and findings, each once.
        failures: the scenarios that failed because of it, the first one first.
        findings: what the audit found of it.
    """

    numbers: Sequence[int]
    symptoms: Sequence[Symptom]
    failures: Sequence[Failure]
    findings: Sequence[Finding]

    @property
    def number(self) -> int:
        """The number by which it is named."""
        return self.numbers[0]

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
        if {each.where.startswith(RESPONSE) for each in self.symptoms if each.is_data} == {True, False}:
            return "responses and events agree: correct what the service stores, or how it reads it"
        return next((each.advice for each in self.symptoms if each.advice), "read the message of the first one")

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
        self._groups: dict[tuple[str, str], _Group] = {}
        self._failures: dict[tuple[str, str], Failure] = {}
        self._findings: list[Finding] = []

    def __iter__(self) -> Iterator[Cause]:
        """Yield the causes, those of most scenarios first."""
        failures, findings = self._by_group(self._failures.values()), self._by_group(self._findings)
        causes = [
            self._cause(group, failures.get(group, []), findings.get(group, []))
            for group in _each_once([*failures, *findings])
        ]
        yield from sorted(causes, key=lambda each: (-len(each.failures), -len(each.findings), each.number))

    def note(self, reported: Failure | Finding) -> tuple[int, bool]:
        """Return the number of the first cause of a failure or a finding, and whether one of its causes is new."""
        found = [self._group_of(several) for several in _of_one_cause(reported.symptoms)]
        if isinstance(reported, Failure):
            self._failures[reported.scenario, reported.location] = reported
        else:
            self._findings.append(reported)
        return found[0][0].numbers[0], any(is_new for _, is_new in found)

    def number(self, reported: Failure | Finding) -> int:
        """Return the number of the first cause of a failure or a finding that was noted."""
        return self._groups[reported.symptoms[0].identity].numbers[0]

    def failure_of(self, scenario: str, location: str) -> Failure | None:
        """Return the failure of a scenario, None if it has not failed.

        Args:
            scenario: its name.
            location: its file and line.
        """
        return self._failures.get((scenario, location))

    def end(self, trouble: Symptom) -> None:
        """Let a broken platform be the cause of the newest failures in which something did not come."""
        broken, _ = self._group_of([trouble])
        former: list[_Group] = []
        for failure in reversed(self._failures.values()):
            if failure.symptoms[0].identity == trouble.identity:
                continue
            if not all(each.is_silence for each in failure.symptoms):
                break
            former += [self._groups[each.identity] for each in failure.symptoms]
            failure.symptoms = [trouble]
        left = self._by_group(self._failures.values())
        for group in _each_once(former):
            if group not in left:  # its number was printed, and means this cause now
                broken.numbers = sorted([*broken.numbers, *group.numbers])

    def note_late(self, late: Sequence[Late]) -> None:
        """Let lateness be the cause of the failures whose event came after its deadline."""
        after_deadline = {each.log: each.expectation for each in late if not each.in_time}
        slowest: dict[str, float] = {}
        for each in after_deadline.values():
            slowest[each.event_type] = max(each.seconds or 0, slowest.get(each.event_type, 0))
        for failure in self._failures.values():
            expectation = after_deadline.get(failure.log)
            if expectation and failure.symptoms[0].kind == NEVER:
                failure.symptoms = [too_late(expectation, slowest[expectation.event_type])]

    def _cause(self, group: _Group, failures: Sequence[Failure], findings: Sequence[Finding]) -> Cause:
        reported: list[Failure | Finding] = [*failures, *findings]
        shown = (symptom for each in reported for symptom in each.symptoms)
        symptoms = _each_once(symptom for symptom in shown if symptom.identity in group.identities)
        return Cause(group.numbers, symptoms, failures, findings)

    def _by_group(self, reported: Iterable[_Reported]) -> dict[_Group, list[_Reported]]:
        """Return failures or findings by their causes; one that has several is with each."""
        found: dict[_Group, list[_Reported]] = {}
        for each in reported:
            for group in _each_once(self._groups[symptom.identity] for symptom in each.symptoms):
                found.setdefault(group, []).append(each)
        return found

    def _group_of(self, symptoms: Sequence[Symptom]) -> tuple[_Group, bool]:
        """Return the group of symptoms of one cause, and whether it is new; what had been two may become one."""
        identities = {each.identity for each in symptoms}
        found = _each_once(self._groups[each] for each in identities if each in self._groups)
        if not found:
            self._count += 1
        group, *others = sorted(found, key=lambda each: each.numbers) or [_Group([self._count])]
        for other in others:
            group.numbers += other.numbers
            identities |= other.identities
        group.identities |= identities
        self._groups.update(dict.fromkeys(identities, group))
        return group, not found


def title_of(symptoms: Sequence[Symptom]) -> str:
    """Return symptoms in a clause."""
    kinds: dict[str, list[Symptom]] = {}
    for each in symptoms:
        kinds.setdefault(each.kind, []).append(each)
    clauses = [
        in_words(kind, _each_once(one.where for one in of_kind), _each_once(one.field for one in of_kind))
        for kind, of_kind in kinds.items()
    ]
    return "; ".join(at_most(_MOST_KINDS, clauses))


def _of_one_cause(symptoms: Sequence[Symptom]) -> Iterable[Sequence[Symptom]]:
    """Return the symptoms of one failure, those of one cause together."""
    together: dict[object, list[Symptom]] = {}
    for each in symptoms:
        shape = each.kind in {WITHOUT, EXTRA}  # what is missing has the place of what is there, under another name
        key = (each.about, "shape" if shape else each.kind) if shape or each.is_data else each.identity
        together.setdefault(key, []).append(each)
    return together.values()


def _each_once(several: Iterable[_Any]) -> list[_Any]:
    return list(dict.fromkeys(several))
