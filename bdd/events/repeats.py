"""Tells what a surplus event is: a redelivery, a duplicate, another event with a used eventId, or unasked for."""

from bdd.events import comparing
from bdd.events.event import Event, NotAnEvent, read_event
from bdd.events.expectation import Expectation
from bdd.events.witness import Witness
from bdd.recorder.record import Record


def repeated(witness: Witness, event: Event) -> Expectation | None:
    """Return the expectation whose event this one repeats, by its eventId or by its content; None without one."""
    first = witness.ledger.claimed_with_id(event.id)
    if first:
        return witness.ledger.claimant(first.record)
    alike = (
        each
        for each in witness.account.expectations
        if each.claim and each.event_type == event.type and _same(event.payload, each.claim.payload)
    )
    return next(alike, None)


def how_it_repeats(witness: Witness, record: Record) -> str:
    """Say what a surplus record is."""
    try:
        event = read_event(record)
    except NotAnEvent as fault:
        return f"{record.place} is no event: {fault}"
    expectation = repeated(witness, event)
    first = expectation.claim if expectation else None
    if first is None:
        return f"{event} was not asked for by any action of this scenario"
    if event.id != first.id:
        return f"{event} is a duplicate of {first.record.place}: another eventId, the same content"
    if _same(event.fields, first.fields):
        return f'{event} is a redelivery of {first.record.place}: the same eventId "{event.id}"'
    return f'{event} has the eventId "{event.id}" that {first.record.place} has, but is another event'


def _same(one: object, other: object) -> bool:
    return not comparing.differences("", one, other)
