"""What the service publishes, and how a defect changes it."""

import json
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from bdd.contracts.asyncapi import noun_of

Event = dict[str, Any]


@dataclass(frozen=True)
class Outgoing:
    """A record before it is published.

    Attributes:
        partition: -1: the key decides.
        after: seconds to hold it back.
    """

    topic: str
    key: bytes | None
    value: bytes | None
    partition: int = -1
    after: float = 0.0

    @property
    def event(self) -> Event:
        """The value, parsed; a new object each time."""
        event: Event = json.loads(self.value or b"{}")
        return event

    @property
    def type(self) -> str:
        """The event type."""
        return str(self.event["eventType"])

    @property
    def data(self) -> dict[str, Any]:
        """The `patient_data` or `therapist_data`; empty if there is none."""
        return dict(self.event["payload"].get(data_field(self.event), {}))

    def holding(self, value: object) -> "Outgoing":
        """Return the same record with another value, as JSON."""
        return replace(self, value=json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass"))

    def twin(self) -> "Outgoing":
        """Return the same event with another eventId."""
        return self.holding(self.event | {"eventId": str(uuid.uuid4())})


Publish = Callable[[Outgoing], Iterable[Outgoing]]
"""Returns what is published in place of a record."""

CREATED, UPDATED, DELETED = "patient.created", "patient.updated", "patient.deleted"
TYPES = (CREATED, UPDATED, DELETED)


def data_field(event: Event) -> str:
    """Return the name of the field of the payload that holds the data: `patient_data`."""
    return f"{noun_of(event['eventType'])}_data"


def only(types: Iterable[str], publish: Publish) -> Publish:
    """Restrict a defect to these event types."""
    chosen = frozenset(types)
    return lambda out: publish(out) if out.type in chosen else [out]


def edit(change: Callable[[Event], object], *types: str) -> Publish:
    """Change the envelope in place, of all events or of these types."""

    def changed(out: Outgoing) -> list[Outgoing]:
        event = out.event
        change(event)
        return [out.holding(event)]

    return only(types, changed) if types else changed


def edit_data(change: Callable[[dict[str, Any]], object]) -> Publish:
    """Change the data in the payload in place, in events that have it."""

    def changed(event: Event) -> None:
        if data := event["payload"].get(data_field(event)):
            change(data)

    return edit(changed)


def edit_texts(change: Callable[[str], object]) -> Publish:
    """Replace each text of the data."""
    return edit_data(
        lambda data: data.update({name: change(value) for name, value in data.items() if isinstance(value, str)})
    )


def put(name: str, value: object) -> Publish:
    """Set a field of the envelope; an unknown one becomes an extra field."""
    return edit(lambda event: event.update({name: value}))


def drop(name: str) -> Publish:
    """Leave a field of the envelope out."""
    return edit(lambda event: event.pop(name))


def place(**changes: Any) -> Publish:
    """Change the record, except its value: topic, key, partition, or how long it is held back."""
    return lambda out: [replace(out, **changes)]


def encode(write: Callable[[Outgoing], bytes | None]) -> Publish:
    """Replace the bytes of the value."""
    return lambda out: [replace(out, value=write(out))]
