"""The audit: the check of the ledger when the run ends. Nothing that concerns this run may be unexplained."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bdd.contracts import asyncapi as contract
from bdd.contracts.openapi import ResponseSchemas
from bdd.kafka.record import Record
from bdd.system.waiting import wait_until
from bdd.verdict.event import NotAnEvent, read_event
from bdd.verdict.expectation import Expectation
from bdd.verdict.ledger import Ledger
from bdd.verdict.near_miss import NearMiss, advice, in_words, nearest
from bdd.verdict.observer import Observer
from bdd.verdict.ordering import IN_ORDER, misplaced
from bdd.verdict.scenario_log import ScenarioLog
from bdd.verdict.schema import event_schemas
from bdd.verdict.unexpected import surplus

_SHOWN = 5
_GUARD_SECONDS = 60.0  # a machine that stalls must not turn an audit red
_BY_CONTRACT = "correct this where the service makes the event; contracts/asyncapi.yaml says what was promised"


@dataclass(frozen=True)
class Finding:
    """Something that turns the run red although every scenario may have passed.

    Attributes:
        scenario: the name of the scenario that it belongs to.
        location: the scenario's file and line.
        step: the step that promised otherwise, or that caused it, in its own words.
        sentence: what is wrong, with the event and the field; it goes on where the step ends.
        advice: what to do about it.
    """

    scenario: str
    location: str
    step: str
    sentence: str
    advice: str

    @property
    def message(self) -> str:
        """The step, and what is wrong."""
        return f"“{self.step}” {self.sentence}" if self.step else self.sentence

    def __str__(self) -> str:
        """The finding as it is printed."""
        return f"{self.scenario} ({self.location})\n    {self.message}\n    next: {self.advice}"


def settle(last_action: float, seconds: float) -> None:
    """Return when so many seconds have passed since the last action (on the monotonic clock)."""

    def settled() -> None:
        left = last_action + seconds - time.monotonic()
        assert left <= 0, f"{left:.1f} s left"

    left = max(0.0, last_action + seconds - time.monotonic())
    wait_until(settled, description="the settling time", timeout=left + _GUARD_SECONDS, interval=max(left, 0.01))


def audit(ledger: Ledger, observer_of: Callable[[ScenarioLog], Observer]) -> list[Finding]:
    """Return what the run leaves unexplained: events that never came, out of order, surplus, late or broken."""
    newest = ledger.journal.cursor
    for scenario_log in ledger.scenario_logs:
        for expectation in scenario_log.open():
            ledger.claim(expectation, newest)
    observers = {
        scenario_log.mark: observer_of(scenario_log)
        for scenario_log in ledger.scenario_logs
        if not scenario_log.failed
    }
    missing = [(observer, each) for observer in observers.values() for each in observer.scenario_log.open()]
    misses = [(observer, expectation, nearest(observer, expectation)) for observer, expectation in missing]
    findings = [_never_came(*each) for each in misses]
    findings += [found for observer in observers.values() for found in _out_of_order(observer.scenario_log)]
    told = {miss.event.record.place for *_, miss in misses if miss}
    for cursor, record in _numbered(ledger, newest):
        owner = ledger.owner(record)
        if owner and owner.mark in observers:
            findings += _of_record(observers[owner.mark], cursor, record, record.place in told)
    return findings


def audit_responses(ledger: Ledger, schemas: ResponseSchemas) -> list[Finding]:
    """Return the answers of the service that break its API's contract."""
    return [
        _finding(
            scenario_log,
            each.step,
            f"got an answer that breaks the contract: {each.exchange}: {_listed(faults)}",
            "correct the service's answer; contracts/openapi.yaml says what was promised",
        )
        for scenario_log in ledger.scenario_logs
        if not scenario_log.failed
        for each in scenario_log.requests
        if (faults := schemas.violations(each.exchange))
    ]


def _numbered(ledger: Ledger, newest: int) -> Iterator[tuple[int, Record]]:
    """Each record with its cursor; a journal that was there before the run does not begin at 0."""
    records = ledger.journal.records(before=newest)
    return enumerate(records, newest - len(records))


def _never_came(observer: Observer, expectation: Expectation, miss: NearMiss | None) -> Finding:
    sentence = f"was never followed by {expectation}"
    if miss:
        sentence += f"; the closest event is {miss.event}: {_listed(miss.differences)}"
    return _finding(observer.scenario_log, expectation.step, sentence, advice(observer, miss, expectation))


def _out_of_order(scenario_log: ScenarioLog) -> list[Finding]:
    return [
        _finding(scenario_log, each.step, f"was announced out of order: {wrong}", IN_ORDER)
        for each, wrong in misplaced(scenario_log)
    ]


def _of_record(observer: Observer, cursor: int, record: Record, told: bool) -> list[Finding]:
    """At most one finding: a record that is named as the closest to what never came is not named again."""
    faults = event_schemas(contract.current()).violations(record)
    claimant = observer.ledger.claimant(record)
    if claimant is None:
        return _surplus(observer, cursor, record, faults, told)
    if faults:
        sentence = f"left an event that breaks the contract: {in_words(record)}: {_listed(faults)}"
        return [_finding(observer.scenario_log, claimant.step, sentence, _BY_CONTRACT)]
    return []


def _surplus(observer: Observer, cursor: int, record: Record, faults: Sequence[str], told: bool) -> list[Finding]:
    scenario_log, found = observer.scenario_log, surplus(observer, record)
    try:
        event_type, what = read_event(record).type, "an event that nobody expected"
        said = found.sentence + (f"; it breaks the contract: {_listed(faults)}" if faults else "")
    except NotAnEvent:
        event_type, what, said = "", "a record that is no event", in_words(record)
    if told:
        return []
    broken = [negative for negative in scenario_log.negative_expectations if negative.covers(event_type, cursor)]
    if broken:
        return [_finding(scenario_log, broken[-1].step, f"does not hold, later came: {said}", found.advice)]
    step = found.repeats.step if found.repeats else scenario_log.cause(event_type, cursor)
    return [_finding(scenario_log, step, f"left {what}: {said}", found.advice)]


def _listed(faults: Sequence[str]) -> str:
    """The first faults; a list of patients may have one in each."""
    more = [f"{len(faults) - _SHOWN} more"] if len(faults) > _SHOWN else []
    return "; ".join([*faults[:_SHOWN], *more])


def _finding(scenario_log: ScenarioLog, step: str, sentence: str, what_next: str) -> Finding:
    return Finding(scenario_log.scenario, scenario_log.location, step, sentence, what_next)
