"""Tells what a surplus record is: a redelivery, a duplicate, another event with a used eventId, or unasked for."""

from dataclasses import dataclass

from bdd.contracts import differences as comparing
from bdd.kafka.record import Record
from bdd.verdict.event import Event, NotAnEvent, read_event
from bdd.verdict.expectation import Expectation
from bdd.verdict.observer import Observer


@dataclass(frozen=True)
class Surplus:
    """What a surplus record is.

    Attributes:
        sentence: the record, and what it is.
        advice: what to do about it.
        repeats: the expectation whose event it repeats, None where it repeats none.
    """

    sentence: str
    advice: str
    repeats: Expectation | None = None


def surplus(observer: Observer, record: Record) -> Surplus:
    """Return what a record is that no expectation of the scenario has claimed."""
    try:
        event = read_event(record)
    except NotAnEvent as error:
        return Surplus(f"{record.place} is no event: {error}", "correct how the service writes its events")
    expectation = _repeated(observer, event)
    first = expectation.claim if expectation else None
    if first is None:
        sentence = f"{event} was not asked for by any action of this scenario"
        return Surplus(sentence, "publish only what was changed and stored")
    place = first.record.place
    if event.id != first.id:
        sentence = f"{event} is a duplicate of {place}: another eventId, the same content"
        advice = "look in the service for a second publish, or for a retry that makes the event anew"
    elif _same(event.fields, first.fields):
        sentence = f'{event} is a redelivery of {place}: the same eventId "{event.id}"'
        advice = "look in the service for a retry after the event was taken; an idempotent producer does not repeat"
        if event.record.topic != first.record.topic:
            advice = f"let the service send it to {first.record.topic} only"
    else:
        sentence = f'{event} has the eventId "{event.id}" that {place} has, but is another event'
        advice = "let the service make an eventId for each event"
    return Surplus(sentence, advice, expectation)


def _repeated(observer: Observer, event: Event) -> Expectation | None:
    """The expectation whose event this one repeats, by its eventId or by its content."""
    first = observer.ledger.claimed_with_id(event.id)
    if first:
        return observer.ledger.claimant(first.record)
    alike = (
        each
        for each in observer.scenario_log.expectations
        if each.claim and each.event_type == event.type and _same(event.payload, each.claim.payload)
    )
    return next(alike, None)


def _same(one: object, other: object) -> bool:
    return not comparing.differences("", one, other)
