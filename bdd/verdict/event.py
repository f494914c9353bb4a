"""An event: a record whose value is an envelope."""

from dataclasses import dataclass
from typing import Any

from bdd.kafka.record import Record
from bdd.output.printable import in_one_line
from bdd.system import strict_json


class NotAnEvent(Exception):
    """The record's value is no envelope; the sentence says what it is instead."""


@dataclass(frozen=True, slots=True)
class Event:
    """A record and its value as JSON. Only `eventType` is sure to be there; what else is wrong a check will say."""

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


def read_event(record: Record) -> Event:
    """Return the record as an event.

    Raises:
        NotAnEvent: its value is empty, not UTF-8, not JSON, or JSON without an `eventType`.
    """
    if record.value is None:
        raise NotAnEvent("it has no value (a tombstone)")
    try:
        fields = strict_json.loads(record.value.decode())
    except UnicodeDecodeError as error:
        raise NotAnEvent(f"its value is not UTF-8: {error.reason} at byte {error.start}") from error
    except (ValueError, RecursionError) as error:  # not only JSONDecodeError: endless numbers, endless nesting
        raise NotAnEvent(f"its value is not JSON: {error}") from error
    if not isinstance(fields, dict) or not isinstance(fields.get("eventType"), str):
        raise NotAnEvent("its value is JSON, but no object with an eventType")
    return Event(record, fields)


def key_in_words(key: bytes | None) -> str:
    """Return the key as people write it: in quotes when it is text, `none` when there is none.

    What cannot be printed is escaped: behave would write it into a JUnit file that is no XML then.
    """
    if key is None:
        return "none"
    text = key.decode(errors="backslashreplace")
    return '"' + in_one_line(text) + '"'
