"""An event: a record whose value is an envelope."""

from dataclasses import dataclass
from typing import Any

from bdd.kafka.record import Record
from bdd.output.printable import in_one_line
from bdd.system import strict_json

_REGISTRY_MAGIC = b"\0"
_REGISTRY_PREFIX = 5  # bytes: the zero, and the number of a schema


@dataclass(frozen=True, slots=True)
class Event:
    """A record and its value as JSON. Only `eventType` is guaranteed; the other fields may be missing or wrong."""

    record: Record
    fields: dict[str, Any]

    @property
    def type(self) -> str:
        """The event type, for instance `patient.created`."""
        return str(self.fields["eventType"])

    @property
    def id(self) -> str:
        """The `eventId`, or an empty text where there is none."""
        return str(self.fields.get("eventId", ""))

    @property
    def payload(self) -> Any:
        """The payload, None where there is none."""
        return self.fields.get("payload")

    def __str__(self) -> str:
        """The event in a few words, without personal data: `patient.created at patient-events/2@17, key "5"`."""
        return f"{self.type} at {self.record.place}, key {key_in_words(self.record.key)}"


@dataclass(frozen=True, slots=True)
class NotAnEvent:
    """A record whose value is not an envelope.

    Attributes:
        reason: what it is instead.
        kind: the same for any record: `whose value is not JSON`.
    """

    record: Record
    reason: str
    kind: str

    def __str__(self) -> str:
        """The record in a few words, without personal data."""
        return f"a record at {self.record.place}, key {key_in_words(self.record.key)}: {self.reason}"


def read_event(record: Record) -> Event | NotAnEvent:
    """Return the record as an event, unless its value is empty, not UTF-8, not JSON, or has no `eventType`."""
    if record.value is None:
        return NotAnEvent(record, "it has no value (a tombstone)", "without a value (a tombstone)")
    if record.value[:1] == _REGISTRY_MAGIC and len(record.value) >= _REGISTRY_PREFIX:
        reason = f"its value is not JSON: {_registry_prefix(record.value)}"
        return NotAnEvent(record, reason, "whose value has a schema registry's prefix before the JSON")
    try:
        fields = strict_json.loads(record.value.decode())
    except UnicodeDecodeError as error:
        reason = f"its value is not UTF-8: {error.reason} at byte {error.start}"
        return NotAnEvent(record, reason, "whose value is not UTF-8")
    except (ValueError, RecursionError) as error:  # not only JSONDecodeError: endless numbers, endless nesting
        return NotAnEvent(record, f"its value is not JSON: {error}", "whose value is not JSON")
    if not isinstance(fields, dict) or not isinstance(fields.get("eventType"), str):
        reason = "its value is JSON, but not an object with an eventType"
        return NotAnEvent(record, reason, "whose value is JSON without an eventType")
    return Event(record, fields)


def _registry_prefix(value: bytes) -> str:
    number = int.from_bytes(value[1:_REGISTRY_PREFIX], "big")
    return (
        f"it begins with the prefix of a schema registry (a zero byte, and {number} as the number of a schema); "
        "the contract has plain JSON: let the producer use a serializer that writes no prefix"
    )


def key_in_words(key: bytes | None) -> str:
    """Return the key for a message: in quotes when it is text, `none` when there is none.

    Unprintable characters are escaped: a terminal would obey them, and XML cannot hold them.
    """
    if key is None:
        return "none"
    return '"' + in_one_line(key.decode(errors="backslashreplace")) + '"'
