"""Near misses: the recorded events that are closest to an expectation, and the message about a missing event."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from bdd.contracts.differences import STALE, Difference, folded
from bdd.contracts.event import Event, NotAnEvent
from bdd.kafka.record import Record
from bdd.output.console import counted
from bdd.system import strict_json
from bdd.verdict.expectation import Expectation
from bdd.verdict.ledger import USED_ID, USED_TIMESTAMP, Ledger
from bdd.verdict.observer import Observation, Observer
from bdd.verdict.symptom import NEVER, Symptom, of_event

_SHOWN = 5
_ADVICE = {
    "topic": "let the service send its {0.event_type} event to {0.topic}",
    "key": "let the service send its {0.event_type} event with the {0.noun}'s id as key",
    "partition": "let the service send a {0.noun}'s events with its id as key, and choose no partition",
    "timestamp": "let the service write the time of the change, in UTC",
    "eventType": "correct the eventType where the service makes its {0.event_type} event",
}
"""What to do about a difference in a field."""
_ADVICE_ON_REPEATED = {
    "eventId": "let the service make an eventId for each event",
    "timestamp": "let the service take the time anew for each event",
}
"""What to do where a field has the value of an earlier event."""


@dataclass(frozen=True)
class NearMiss:
    """An event and how it differs from what was expected."""

    event: Event
    differences: Sequence[Difference]


def explain_missing(seen: Observation, missing: Sequence[Expectation]) -> tuple[list[str], list[Symptom]]:
    """Return the lines of the message about a missing event, what differs first; and the symptoms.

    It is about the first event of which something close has come: an event that is still to come says nothing.

    Args:
        seen: what was recorded.
        missing: the expectations that were not fulfilled, the oldest first.
    """
    observer = seen.observer
    misses = [(each, nearest(observer, each, seen.before)) for each in missing[:_SHOWN]]
    expectation, found = min(misses, key=lambda each: len(each[1].differences) if each[1] else math.inf)
    ledger, own_log = observer.ledger, observer.scenario_log
    records = ledger.journal.records(expectation.after, seen.before)
    own = [record for record in records if ledger.owner(record) is own_log]
    broken = [event for event in map(ledger.event, own) if isinstance(event, NotAnEvent)]
    miss = None if found and broken and not _has_key(expectation, found.event) else found
    what_next = advice(observer, miss, expectation, bool(broken))
    symptoms = symptoms_of_missing(observer, miss, expectation)
    if miss:
        lines = _near(miss, expectation)
    elif broken:
        lines = [f"a record at {broken[0].record.place} is about it but is not an event: {broken[0].reason}"]
        symptoms = [Symptom(expectation.noun, expectation.event_type, broken[0].kind, advice=what_next)]
    else:
        lines = [f"nothing about it was recorded since the request, on any topic: {seen.ended}"]
    lines.append(_also_recorded(ledger, own, records, miss))
    lines += [f"step:     {expectation.step}", *observer.surroundings(expectation.request)]
    return [*lines, f"next:     {what_next}"], symptoms


def symptoms_of_missing(observer: Observer, miss: NearMiss | None, expectation: Expectation) -> list[Symptom]:
    """Return the symptoms of an expectation that was not fulfilled.

    Args:
        observer: the scenario's.
        miss: the closest event, None if there is none.
        expectation: the expectation.
    """
    noun, event_type = expectation.noun, expectation.event_type
    if miss is None or _is_repeated(observer, miss.event, expectation) or _is_anothers(miss.event, expectation):
        miss = _earlier_attempt(observer, expectation)
    if miss is None:
        return [Symptom(noun, event_type, NEVER, advice=advice(observer, None, expectation))]
    return of_event(noun, event_type, miss.differences, partial(_advice_on, miss, expectation))


def _is_anothers(event: Event, expectation: Expectation) -> bool:
    """Whether an event is about another one by both its key and its payload."""
    payload = event.payload if isinstance(event.payload, dict) else {}
    named = str(payload.get(f"{expectation.noun}_id", expectation.key))
    return named == event.record.key_text != expectation.key


def _earlier_attempt(observer: Observer, expectation: Expectation) -> NearMiss | None:
    """Return how the subject's first unexpected event of this type differs from the action that it is of.

    One that shows the state before its change fulfils the expectation of the change before, so that it seems that
    the last one is missing.
    """
    ledger, own_log = observer.ledger, observer.scenario_log
    of_subject = [each for each in own_log.expectations if each.subject == expectation.subject]
    of_type = [each for each in of_subject if each.event_type == expectation.event_type]
    records = (record for _, record in ledger.unclaimed(own_log, of_type[0].after, observer.recorder.cursor))
    events = (event for event in map(ledger.event, records) if isinstance(event, Event))
    event = next((each for each in events if each.type == expectation.event_type), None)
    if event is None or not _has_key(expectation, event) or ledger.is_redelivery(event):
        return None
    misses = (NearMiss(event, ledger.differences(each, event)) for each in of_type)
    return min(misses, key=lambda miss: len(miss.differences))


def _is_repeated(observer: Observer, event: Event, expectation: Expectation) -> bool:
    """Whether an event is another one's repetition, and no failed attempt at the expected one."""
    if observer.ledger.is_redelivery(event):
        return True
    return event.type != expectation.event_type and bool(observer.ledger.original(observer.scenario_log, event))


def nearest(observer: Observer, expectation: Expectation, before: int) -> NearMiss | None:
    """Return the unclaimed event since the action that differs least.

    The scenario's own events come before others, and among those the ones of the expected type and key: an event
    with another subject's payload differs in more ways than the subject's next event does.

    Args:
        observer: the scenario's.
        expectation: the one that was not fulfilled.
        before: the cursor where the search ends.
    """
    misses = [
        NearMiss(event, observer.ledger.differences(expectation, event))
        for event in observer.ledger.events(expectation.after, before)
        if _is_candidate(observer, expectation, event)
    ]
    return min(
        misses,
        key=lambda miss: (
            not _is_own(observer, expectation, miss.event),
            not (_has_key(expectation, miss.event) and miss.event.type == expectation.event_type),
            len(miss.differences),
        ),
        default=None,
    )


def _is_candidate(observer: Observer, expectation: Expectation, event: Event) -> bool:
    ledger = observer.ledger
    if ledger.claimant(event.record) or ledger.is_expected(observer.scenario_log, event, besides=expectation):
        return False
    if _is_own(observer, expectation, event):
        return True
    nameless = not isinstance(event.payload, dict) or f"{expectation.noun}_id" not in event.payload
    anybodys = nameless and not event.record.key_text.isdigit()  # a number as key is another subject's
    return event.type == expectation.event_type and (anybodys or event.payload == expectation.payload)


def _is_own(observer: Observer, expectation: Expectation, event: Event) -> bool:
    """Whether it belongs to the scenario, or has the subject's key although its payload is another scenario's."""
    on_topic = event.record.topic == expectation.topic
    return observer.ledger.owner(event.record) is observer.scenario_log or (
        on_topic and _has_key(expectation, event)
    )


def _has_key(expectation: Expectation, event: Event) -> bool:
    return event.record.key == expectation.key.encode()


def _near(miss: NearMiss, expectation: Expectation) -> list[str]:
    count = len(miss.differences)
    after = miss.event.record.received - expectation.requested_at
    first = f"the closest event differs in {count} way{'s' if count > 1 else ''}: {miss.differences[0]}"
    more = [f"          - {difference}" for difference in folded(miss.differences)[1:]]
    return [first, *more, f"closest:  {miss.event}, {after * 1000:.0f} ms after the request"]


def _also_recorded(ledger: Ledger, own: Sequence[Record], records: Sequence[Record], miss: NearMiss | None) -> str:
    others = [record for record in own if not (miss and miss.event.record is record)]
    shown = [f"{ledger.event(each)}{' (expected)' if ledger.claimant(each) else ''}" for each in others[:_SHOWN]]
    shown += [f"{len(others) - _SHOWN} more of this scenario"] if len(others) > _SHOWN else []
    foreign = sum(ledger.owner(record) is None for record in records)
    of_run = len(records) - len(own) - foreign
    shown += [counted(of_run, "record") + " of other scenarios"] if of_run else []
    shown += [counted(foreign, "foreign record")] if foreign else []
    return f"recorded: {'; '.join(shown) or 'nothing else since the request'}"


def advice(observer: Observer, miss: NearMiss | None, expectation: Expectation, broken: bool = False) -> str:
    """Return what to do about an event that did not come.

    Args:
        observer: the scenario's.
        miss: the closest event.
        expectation: the one that was not fulfilled.
        broken: whether a record came that is not an event.
    """
    if observer.trouble():
        return "see why it ended; its log is in the evidence folder"
    if miss:
        stale = (each for each in miss.differences if each.kind == STALE)  # that explains all others, too
        return _advice_on(miss, expectation, next(stale, miss.differences[0]))
    if broken:
        return f"correct this where the service makes its {expectation.event_type} event"
    return (
        f"see in the service's log whether it published {expectation.event_type} after this request: "
        "was the event made, and did the broker take it?"
    )


def _advice_on(miss: NearMiss, expectation: Expectation, difference: Difference) -> str:
    if _is_as_stored(miss, expectation, difference):
        return "the response shows the same: correct what the service stores for this request, and not its event"
    if difference.kind == STALE:
        return "let the service make its event from what the change has stored, not from what it read before"
    if difference.kind in {USED_ID, USED_TIMESTAMP}:
        return _ADVICE_ON_REPEATED[difference.field]
    correct = f"correct this where the service makes its {expectation.event_type} event"
    return _ADVICE.get(difference.field, correct).format(expectation)


def _is_as_stored(miss: NearMiss, expectation: Expectation, difference: Difference) -> bool:
    """Whether the response to the request differs from what was sent in the same way as the event does."""
    data = miss.event.payload.get(f"{expectation.noun}_data") if isinstance(miss.event.payload, dict) else None
    name, shown = difference.field.rpartition(".")[2], _object_in(expectation.response)
    return isinstance(data, dict) and name in data and name in shown and bool(data[name] == shown[name])


def _object_in(body: str) -> Mapping[str, Any]:
    try:
        found = strict_json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
