"""Explains an unexpected record: a redelivery, a duplicate, a reused eventId, or an event without a cause."""

from collections.abc import Sequence
from dataclasses import dataclass

from bdd.contracts import asyncapi as contract
from bdd.contracts.asyncapi import noun_of
from bdd.contracts.differences import differences
from bdd.contracts.event import Event, NotAnEvent
from bdd.kafka.record import Record
from bdd.verdict.expectation import Expectation
from bdd.verdict.ledger import USED_ID, Ledger
from bdd.verdict.scenario_log import Request, ScenarioLog
from bdd.verdict.symptom import WITHOUT_CAUSE, Symptom, of_event

_READING = "GET"


@dataclass(frozen=True)
class Unexpected:
    """An unexpected record.

    Attributes:
        event_type: its type, empty where it is not an event.
        sentence: the record, and what it is.
        advice: what to do about it.
        step: the step that most likely caused it, empty where there is none.
        request: that step's request and its response in one line.
        symptoms: what it has in common with others of the same cause.
    """

    event_type: str
    sentence: str
    advice: str
    step: str
    request: str
    symptoms: Sequence[Symptom]


def explain_unexpected(ledger: Ledger, scenario_log: ScenarioLog, cursor: int, record: Record) -> Unexpected:
    """Return what a record is that no expectation has claimed.

    Args:
        ledger: the run's.
        scenario_log: that of the scenario to which the record belongs.
        cursor: the record's place in the journal.
        record: the record.
    """
    event = ledger.event(record)
    cause = scenario_log.cause(event.type if isinstance(event, Event) else "", cursor)
    step, request = (cause.step, str(cause.exchange)) if cause else ("", "")
    if isinstance(event, NotAnEvent):
        noun, advice = contract.current().noun_on(record.topic), "correct how the service writes its events"
        symptom = Symptom(noun, f"a record on {record.topic}", event.kind, advice=advice)
        return Unexpected("", str(event), advice, step, request, [symptom])
    original = ledger.original(scenario_log, event)
    if original is None or original.claim is None or _follows_refusal(event, cause, original):
        advice = _advice_on(cause)
        kind = f"published after {_kind_of(cause)}"
        symptom = Symptom(noun_of(event.type), event.type, kind, advice=advice, group=WITHOUT_CAUSE)
        symptoms = _symptoms_of_failed_attempt(ledger, scenario_log, event) or [symptom]
        sentence = f"{event} was not caused by any action of this scenario"
        return Unexpected(event.type, sentence, advice, step, request, symptoms)
    sentence, kind, advice = _explain_repeated(event, original.claim)
    # It may be one that a request between the two has published, as it does after others.
    group = WITHOUT_CAUSE if event.id != original.claim.id else ""
    symptom = Symptom(noun_of(event.type), event.type, kind, advice=advice, group=group)
    return Unexpected(event.type, sentence, advice, original.step, original.request, [symptom])


def _follows_refusal(event: Event, cause: Request | None, original: Expectation) -> bool:
    """Whether an event of the same content comes after a refused request that was sent after the accepted one."""
    is_new = original.claim is not None and original.claim.id != event.id
    return is_new and cause is not None and not cause.exchange.accepted and cause.after > original.after


def _symptoms_of_failed_attempt(ledger: Ledger, scenario_log: ScenarioLog, event: Event) -> Sequence[Symptom]:
    """Return how an event differs from one that is missing, if it may be a failed attempt at that one."""
    for each in scenario_log.open():
        if each.key == event.record.key_text:
            found = of_event(each.noun, each.event_type, ledger.differences(each, event))
            if each.event_type == event.type or [one.field for one in found] == ["eventType"]:
                return found
    return []


def _advice_on(cause: Request | None) -> str:
    if cause and cause.exchange.accepted and cause.exchange.method != _READING:
        method = cause.exchange.method
        return f"see why {method} publishes this event: the contract has none, or another one, for it"
    return "publish only what was changed and stored; a refused or reading request changes nothing"


def _kind_of(cause: Request | None) -> str:
    """Return a request in words that are the same for all that publish the same wrongly."""
    if cause is None:
        return "no request"
    if not cause.exchange.accepted:
        return "a refused request"
    method = cause.exchange.method
    return "a request that only reads" if method == _READING else f"an accepted {method}"


def _explain_repeated(event: Event, first: Event) -> tuple[str, str, str]:
    place = first.record.place
    if event.id != first.id:
        return (
            f"{event} is a duplicate of {place}: another eventId, the same content",
            "published twice, with another eventId",
            "look in the service for a second publish, or for a retry that makes the event anew",
        )
    if not _same(event.fields, first.fields):
        return (
            f'{event} has the eventId "{event.id}" that {place} has, but is another event',
            USED_ID,
            "let the service make an eventId for each event",
        )
    kind = "published twice, with the same eventId"
    advice = "look in the service for a retry after the event was taken; an idempotent producer does not repeat"
    if event.record.topic != first.record.topic:
        kind = f"on topic {event.record.topic} too"
        advice = f"let the service send it to {first.record.topic} only"
    return f'{event} is a redelivery of {place}: the same eventId "{event.id}"', kind, advice


def _same(one: object, other: object) -> bool:
    return not differences("", one, other)
