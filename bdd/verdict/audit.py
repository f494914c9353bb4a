"""The audit: the check of the ledger when the run ends. Everything that concerns this run must be explained."""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from bdd.contracts import asyncapi as contract
from bdd.contracts.event import Event, NotAnEvent, read_event
from bdd.contracts.event_schemas import EventSchemas, event_schemas
from bdd.contracts.openapi import Apis
from bdd.kafka.record import Outline, Record
from bdd.output.console import at_most
from bdd.system.waiting import wait_until
from bdd.verdict.expectation import Expectation
from bdd.verdict.ledger import Ledger, Search
from bdd.verdict.near_miss import NearMiss, advice, nearest, symptoms_of_missing
from bdd.verdict.observer import Observer
from bdd.verdict.scenario_log import IN_ORDER, ScenarioLog
from bdd.verdict.symptom import Symptom, of_event, of_response, out_of_order
from bdd.verdict.unexpected import explain_unexpected

_SHOWN = 5
_GUARD_SECONDS = 60.0  # a machine that stalls must not turn an audit red


@dataclass(frozen=True)
class Finding:
    """Something that turns the run red although every scenario may have passed.

    Attributes:
        scenario: the name of the scenario that it belongs to.
        location: the scenario's file and line.
        step: the step whose check does not hold, or that caused it, in its own words.
        sentence: what is wrong, with the event and the field; it continues the sentence that the step begins.
        advice: what to do about it.
        symptoms: what it has in common with others of the same cause.
    """

    scenario: str
    location: str
    step: str
    sentence: str
    advice: str
    symptoms: Sequence[Symptom]

    @property
    def message(self) -> str:
        """The step, and what is wrong."""
        return f"“{self.step}” {self.sentence}" if self.step else self.sentence

    def __str__(self) -> str:
        """The finding as it is printed."""
        return f"{self.scenario} ({self.location})\n    {self.message}\n    next: {self.advice}"


def settle(last_action: float, seconds: float) -> None:
    """Return when so many seconds have passed since the last action (on the monotonic clock)."""
    end = last_action + seconds

    def settled() -> None:
        assert time.monotonic() >= end

    left = max(0.0, end - time.monotonic())
    wait_until(settled, description="the settling time", timeout=left + _GUARD_SECONDS, interval=max(left, 0.01))


def await_unseen(
    ledger: Ledger, last_action: float, deadline: float, abort_if: Callable[[], str | None] = lambda: None
) -> None:
    """Wait for the expected events that no step has waited for: they have as much time as all others.

    Args:
        ledger: the run's; it notes the events.
        last_action: when the last action ended, on the monotonic clock.
        deadline: the seconds after it in which the events may come.
        abort_if: returns the reason if nothing more can come, otherwise None.
    """
    logs = (each for each in ledger.scenario_logs if not each.failed)
    search = Search(ledger, [expectation for each in logs for expectation in each.open()])

    def have_come() -> None:
        search.look(ledger.journal.cursor)
        assert not search.missing, f"{search.missing} are missing"

    left = max(0.0, last_action + deadline - time.monotonic())
    with suppress(AssertionError):  # what is missing is for the audit to find
        wait_until(have_come, description="the events that no step has seen", timeout=left, abort_if=abort_if)


def audit(ledger: Ledger, observer_of: Callable[[ScenarioLog], Observer]) -> list[Finding]:
    """Return what the run leaves unexplained: missing, misplaced, unexpected and invalid events."""
    newest = ledger.journal.cursor
    Search(ledger, [each for scenario_log in ledger.scenario_logs for each in scenario_log.open()]).look(newest)
    logs = [each for each in ledger.scenario_logs if not each.failed]
    misses = [
        (scenario_log, expectation, nearest(observer_of(scenario_log), expectation, newest))
        for scenario_log in logs
        for expectation in scenario_log.open()
    ]
    findings = [_never_came(observer_of(each), expectation, miss) for each, expectation, miss in misses]
    findings += [found for scenario_log in logs for found in _out_of_order(scenario_log)]
    reported = {miss.event.record.place for *_, miss in misses if miss}
    for cursor, record in ledger.numbered(0, newest):
        owner = ledger.owner(record)
        if owner not in logs or record.place in reported:
            continue
        if claimant := ledger.claimant(record):
            findings += _invalid(owner, claimant, ledger.event(record))
        else:
            findings.append(_unexpected(ledger, owner, cursor, record))
    return findings


@dataclass(frozen=True)
class Late:
    """An event that came after its step had stopped waiting.

    Attributes:
        expectation: what the event fulfils.
        log: that of the scenario that failed because of it.
    """

    expectation: Expectation
    log: ScenarioLog

    @property
    def in_time(self) -> bool:
        """Whether it came within its deadline: the step did not wait so long, as others had waited in vain."""
        return (self.expectation.seconds or 0) <= (self.expectation.deadline or 0)

    def __str__(self) -> str:
        """The event as it is printed."""
        expectation = self.expectation
        came = f"{expectation.claim} came {expectation.seconds:.1f} s after the request"
        judged = "in time: this is not judged" if self.in_time else f"{expectation.deadline:g} s were promised"
        return f"{self.log.scenario} ({self.log.location})\n    “{expectation.step}” {came}, {judged}"


def late_events(ledger: Ledger) -> list[Late]:
    """Return the events that the audit has found for failed scenarios, which had waited for them in vain."""
    return [
        Late(each, scenario_log)
        for scenario_log in ledger.scenario_logs
        if scenario_log.failed
        for each in scenario_log.expectations
        if each.claim and each.deadline is not None
    ]


def audit_responses(ledger: Ledger, apis: Apis) -> list[Finding]:
    """Return the responses of services that violate the contracts of their APIs."""
    return [
        _finding(
            scenario_log,
            each.step,
            f"got a response that violates the contract: {each.exchange}: {_listed(violations)}",
            what_next := f"correct the service's response; {api} says what is valid",
            of_response(each.noun, each.exchange, violations, what_next),
        )
        for scenario_log in ledger.scenario_logs
        if not scenario_log.failed
        for each in scenario_log.requests
        if (api := apis.judging(each.exchange)) and (violations := api.violations(each.exchange))
    ]


@dataclass(frozen=True)
class Foreign:
    """What others published during the run. It is counted, and never a finding.

    Attributes:
        count: how many records that are.
        invalid: those that violate the contract.
    """

    count: int
    invalid: Sequence[Record]

    def __str__(self) -> str:
        """The count, without the records' data; empty where none violates the contract."""
        if not self.invalid:
            return ""
        first = self.invalid[0].place
        return f"{len(self.invalid)} of {self.count} foreign records violate the contract, the first at {first}"


def foreign_records(ledger: Ledger, schemas: EventSchemas) -> Foreign:
    """Return the records that do not belong to this run."""

    def is_invalid(record: Record) -> bool:
        return record.invalid if isinstance(record, Outline) else bool(schemas.violations(read_event(record)))

    foreign = [record for record in ledger.journal.records() if ledger.owner(record) is None]
    return Foreign(len(foreign), list(filter(is_invalid, foreign)))


def _never_came(observer: Observer, expectation: Expectation, miss: NearMiss | None) -> Finding:
    sentence = f"was never followed by {expectation}"
    if miss:
        sentence += f"; the closest event is {miss.event}: {_listed(miss.differences)}"
    what_next = advice(observer, miss, expectation)
    symptoms = symptoms_of_missing(observer, miss, expectation)
    return _finding(observer.scenario_log, expectation.step, sentence, what_next, symptoms)


def _out_of_order(scenario_log: ScenarioLog) -> list[Finding]:
    return [
        _finding(
            scenario_log,
            each.step,
            f"was announced out of order: {wrong}",
            IN_ORDER.format(noun=each.noun),
            [out_of_order(each.noun)],
        )
        for each, wrong in scenario_log.misplaced()
    ]


def _invalid(scenario_log: ScenarioLog, expectation: Expectation, event: Event | NotAnEvent) -> list[Finding]:
    """Report an expected event whose payload or key violates the contract."""
    violations = event_schemas(contract.current()).violations(event)
    sentence = f"left an event that violates the contract: {expectation.claim}: {_listed(violations)}"
    advice = f"correct this where the service makes the event; {contract.current()} says what is valid"
    symptoms = of_event(expectation.noun, expectation.event_type, violations, lambda _: advice)
    return [_finding(scenario_log, expectation.step, sentence, advice, symptoms)] if violations else []


def _unexpected(ledger: Ledger, scenario_log: ScenarioLog, cursor: int, record: Record) -> Finding:
    found = explain_unexpected(ledger, scenario_log, cursor, record)
    kind, sentence = "a record that is not an event", found.sentence
    if found.event_type:
        kind = "an unexpected event"
        violations = event_schemas(contract.current()).violations(ledger.event(record))
        sentence += f"; it violates the contract: {_listed(violations)}" if violations else ""
    broken = [each for each in scenario_log.negative_expectations if each.covers(found.event_type, cursor)]
    if broken:
        sentence = f"does not hold, later came: {sentence}"
        return _finding(scenario_log, broken[-1].step, sentence, found.advice, found.symptoms)
    return _finding(scenario_log, found.step, f"left {kind}: {sentence}", found.advice, found.symptoms)


def _listed(sentences: Sequence[str]) -> str:
    """The first sentences; a list of patients may have one for each."""
    return "; ".join(at_most(_SHOWN, sentences))


def _finding(
    scenario_log: ScenarioLog, step: str, sentence: str, what_next: str, symptoms: Sequence[Symptom]
) -> Finding:
    return Finding(scenario_log.scenario, scenario_log.location, step, sentence, what_next, symptoms)
