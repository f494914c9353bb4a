"""Near misses: the recorded events that are closest to an expectation, and the message about a missing event."""

from collections.abc import Sequence
from dataclasses import dataclass

from bdd.contracts.differences import STALE
from bdd.contracts.event import Event, NotAnEvent
from bdd.kafka.record import Record
from bdd.verdict.expectation import Expectation
from bdd.verdict.ledger import Ledger
from bdd.verdict.observer import Observation, Observer

_SHOWN = 5
_ADVICE = {
    "it is on topic": "let the service send its {0.event_type} event to {0.topic}",
    "its key": "let the service send its {0.event_type} event with the {0.noun}'s id as key",
    "it is in partition": "let the service send a {0.noun}'s events with its id as key, and choose no partition",
    "its eventId": "let the service make an eventId for each event",
    "its timestamp": "let the service take the time anew for each event",
    "timestamp": "let the service write the time of the change, in UTC",
}
"""What to do about a difference, by how its sentence begins."""


@dataclass(frozen=True)
class NearMiss:
    """An event and how it differs from what was expected."""

    event: Event
    differences: Sequence[str]


def explain_missing(seen: Observation, expectation: Expectation) -> list[str]:
    """Return the lines of the message about a missing event: the cause first, then what else is known."""
    observer = seen.observer
    ledger, own_log = observer.ledger, observer.scenario_log
    records = ledger.journal.records(expectation.after, seen.before)
    own = [record for record in records if ledger.owner(record) is own_log]
    broken = [event for event in map(ledger.event, own) if isinstance(event, NotAnEvent)]
    found = nearest(observer, expectation, seen.before)
    miss = None if found and broken and not _is_own(observer, expectation, found.event) else found
    if miss:
        lines = _near(miss, expectation)
    elif broken:
        lines = [f"a record at {broken[0].record.place} is about it but is not an event: {broken[0].reason}"]
    else:
        lines = [f"nothing about it was recorded since the request, on any topic: {seen.ended}"]
    lines.append(_also_recorded(ledger, own, len(records) - len(own), miss))
    lines += [f"step:     {expectation.step}", *observer.surroundings(expectation.request)]
    return [*lines, f"next:     {advice(observer, miss, expectation, bool(broken))}"]


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
    more = [f"          - {difference}" for difference in miss.differences[1:]]
    return [first, *more, f"closest:  {miss.event}, {after * 1000:.0f} ms after the request"]


def _also_recorded(ledger: Ledger, own: Sequence[Record], foreign: int, miss: NearMiss | None) -> str:
    others = [record for record in own if not (miss and miss.event.record is record)]
    shown = [f"{ledger.event(each)}{' (expected)' if ledger.claimant(each) else ''}" for each in others[:_SHOWN]]
    shown += [f"{len(others) - _SHOWN} more of this scenario"] if len(others) > _SHOWN else []
    shown += [f"{foreign} foreign record{'s' if foreign > 1 else ''}"] if foreign else []
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
    if miss and any(difference.endswith(STALE) for difference in miss.differences):
        return "let the service make its event from what the change has stored, not from what it read before"
    for beginning, what_next in _ADVICE.items():
        if miss and miss.differences[0].startswith(beginning):
            return what_next.format(expectation)
    if miss or broken:
        return f"correct this where the service makes its {expectation.event_type} event"
    return (
        f"see in the service's log whether it published {expectation.event_type} after this request: "
        "was the event made, and did the broker take it?"
    )
