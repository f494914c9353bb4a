"""What defects of the therapist service have in common."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any

from proof.defect import Defect, served
from proof.outgoing import Event, Outgoing, Publish, only
from proof.traffic import Serve, succeeding

CREATED, UPDATED = "therapist.created", "therapist.updated"
BLOCKED, UNBLOCKED, DELETED = "therapist.blocked", "therapist.unblocked", "therapist.deleted"
NOTHING_CAME = "nothing about it was recorded since the request"
CAME = "came(, first)?: {0} at|later came: {0} at|left an unexpected event: {0} at"
"""A pattern for an event that must not come; `{0}` is its type."""
_SERVICE = "therapist-service"
_FEATURES = ("created", "updated", "blocked", "deleted", "order", "envelope", "timing")

created, updated, blocked, deleted, in_order, in_envelope, in_time = (
    partial(Defect, f"therapist_{each}", service=_SERVICE) for each in _FEATURES
)


def served_by_therapists(
    feature: str, name: str, description: str, pattern: str, serve: Serve, **more: Any
) -> Defect:
    """Return a defect of what the therapist service sends over HTTP or stores; see `served`."""
    return served(f"therapist_{feature}", name, description, pattern, serve, service=_SERVICE, **more)


def typed(event_type: str) -> Callable[[Event], object]:
    """Give an event another type."""
    return lambda event: event.update(eventType=event_type)


def given_before(publish: Callable[[Outgoing, Event], Iterable[Outgoing]]) -> Publish:
    """Publish in knowledge of the payload of the therapist's event before, empty at first."""
    before: dict[bytes | None, Event] = {}

    def published(out: Outgoing) -> Iterable[Outgoing]:
        earlier, before[out.key] = before.get(out.key, {}), out.event["payload"]
        return publish(out, earlier)

    return published


def twice(event_type: str, *, same_id: bool, after: float = 0.0) -> Publish:
    """Publish an event twice, the second one so many seconds later."""
    return only([event_type], lambda out: [out, replace(out if same_id else out.twin(), after=after)])


def without(name: str, fields: dict[str, Any]) -> dict[str, Any]:
    """Leave a field out."""
    return {key: value for key, value in fields.items() if key != name}


def showing(change: Callable[[Any], object]) -> Serve:
    """Change the response about one therapist."""
    return succeeding(lambda it: it.with_body(change(it.json)) if "id" in it.json else it)
