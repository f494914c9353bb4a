"""What the service is about to publish, and how a defect changes it on its way out."""

import json
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

Event = dict[str, Any]


@dataclass(frozen=True)
class Outgoing:
    """A record on its way to Kafka.

    Attributes:
        partition: where it goes; -1 leaves that to the key.
        after: seconds to hold it back.
    """

    topic: str
    key: bytes | None
    value: bytes | None
    partition: int = -1
    after: float = 0.0

    @property
    def event(self) -> Event:
        """Its value as JSON; a fresh object each time."""
        event: Event = json.loads(self.value or b"{}")
        return event

    @property
    def type(self) -> str:
        """Its event type."""
        return str(self.event["eventType"])

    @property
    def data(self) -> dict[str, Any]:
        """Its `patient_data`, empty where it has none."""
        return dict(self.event["payload"].get("patient_data", {}))

    def holding(self, value: object) -> "Outgoing":
        """The same record with another value, as JSON."""
        return replace(self, value=json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass"))

    def twin(self) -> "Outgoing":
        """The same event with another eventId."""
        return self.holding(self.event | {"eventId": str(uuid.uuid4())})


Publish = Callable[[Outgoing], Iterable[Outgoing]]
"""What really goes out in place of a record."""

CREATED, UPDATED, DELETED = "patient.created", "patient.updated", "patient.deleted"
TYPES = (CREATED, UPDATED, DELETED)


def only(types: Iterable[str], publish: Publish) -> Publish:
    """Let a defect befall these types alone."""
    chosen = frozenset(types)
    return lambda out: publish(out) if out.type in chosen else [out]


def edit(change: Callable[[Event], object], *types: str) -> Publish:
    """Change the envelope in place, of all events or of these types."""

    def changed(out: Outgoing) -> list[Outgoing]:
        event = out.event
        change(event)
        return [out.holding(event)]

    return only(types or TYPES, changed)


def edit_data(change: Callable[[dict[str, Any]], object]) -> Publish:
    """Change `patient_data` in place where there is one."""
    return edit(lambda event: change(event["payload"]["patient_data"]), CREATED, UPDATED)


def edit_texts(change: Callable[[str], object]) -> Publish:
    """Put another value in place of each text of `patient_data`."""

    def change_all(data: dict[str, Any]) -> None:
        data.update({name: change(value) for name, value in data.items() if isinstance(value, str)})

    return edit_data(change_all)


def put(name: str, value: object) -> Publish:
    """Give a field of the envelope another value; one that is not there becomes an extra one."""
    return edit(lambda event: event.update({name: value}))


def drop(name: str) -> Publish:
    """Leave a field of the envelope out."""
    return edit(lambda event: event.pop(name))


def place(**changes: Any) -> Publish:
    """Change the record around the value: topic, key, partition, or how long it is held back."""
    return lambda out: [replace(out, **changes)]


def encode(write: Callable[[Outgoing], bytes | None]) -> Publish:
    """Write the value in another way."""
    return lambda out: [replace(out, value=write(out))]
