"""Explains an unexpected record: a redelivery, a duplicate, a reused eventId, or an event without a cause."""

from dataclasses import dataclass

from bdd.contracts.differences import differences
from bdd.contracts.event import Event, NotAnEvent
from bdd.kafka.record import Record
from bdd.verdict.ledger import Ledger
from bdd.verdict.scenario_log import ScenarioLog


@dataclass(frozen=True)
class Unexpected:
    """An unexpected record.

    Attributes:
        event_type: its type, empty where it is not an event.
        sentence: the record, and what it is.
        advice: what to do about it.
        step: the step that most likely caused it, empty where there is none.
        request: that step's request and its response in one line.
    """

    event_type: str
    sentence: str
    advice: str
    step: str
    request: str


def explain_unexpected(ledger: Ledger, scenario_log: ScenarioLog, cursor: int, record: Record) -> Unexpected:
    """Return what a record is that no expectation has claimed.

    Args:
        ledger: the run's.
        scenario_log: that of the scenario to which the record belongs.
        cursor: the record's place in the journal.
        record: the record.
    """
    event = ledger.event(record)
    event_type = event.type if isinstance(event, Event) else ""
    original = ledger.original(scenario_log, event) if isinstance(event, Event) else None
    if isinstance(event, NotAnEvent):
        sentence, advice = str(event), "correct how the service writes its events"
    elif original is None or original.claim is None:
        sentence = f"{event} was not caused by any action of this scenario"
        advice = "publish only what was changed and stored; a refused or reading request changes nothing"
    else:
        sentence, advice = _explain_repeated(event, original.claim)
    if original:
        return Unexpected(event_type, sentence, advice, original.step, original.request)
    cause = scenario_log.cause(event_type, cursor)
    step, request = (cause.step, str(cause.exchange)) if cause else ("", "")
    return Unexpected(event_type, sentence, advice, step, request)


def _explain_repeated(event: Event, first: Event) -> tuple[str, str]:
    place = first.record.place
    if event.id != first.id:
        return (
            f"{event} is a duplicate of {place}: another eventId, the same content",
            "look in the service for a second publish, or for a retry that makes the event anew",
        )
    if not _same(event.fields, first.fields):
        return (
            f'{event} has the eventId "{event.id}" that {place} has, but is another event',
            "let the service make an eventId for each event",
        )
    advice = "look in the service for a retry after the event was taken; an idempotent producer does not repeat"
    if event.record.topic != first.record.topic:
        advice = f"let the service send it to {first.record.topic} only"
    return f'{event} is a redelivery of {place}: the same eventId "{event.id}"', advice


def _same(one: object, other: object) -> bool:
    return not differences("", one, other)
