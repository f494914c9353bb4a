"""The entries of the journal, and their lines: readable JSON that preserves every byte."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Record:
    """A record in Kafka, with its key, header values and value as bytes or None.

    Attributes:
        timestamp: the record's own time in Kafka, in milliseconds since 1970 UTC.
        received: when the recorder read it, by its clock, in seconds since 1970 UTC.
    """

    topic: str
    partition: int
    offset: int
    timestamp: int
    received: float
    key: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    value: bytes | None

    @property
    def place(self) -> str:
        """Topic, partition and offset: `patient-events/2@17`."""
        return f"{self.topic}/{self.partition}@{self.offset}"

    @property
    def key_text(self) -> str:
        """The key as text: bytes that are not UTF-8 are escaped, and no key is an empty text."""
        return (self.key or b"").decode(errors="backslashreplace")


@dataclass(frozen=True, slots=True)
class Outline(Record):
    """What is kept of a foreign record: neither its value nor its headers.

    Attributes:
        size: the bytes of its value.
        subjects: whom it may be about: topic and key of each.
        invalid: whether it violates the contract.
    """

    size: int
    subjects: tuple[tuple[str, str], ...]
    invalid: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """Offsets `first` to `last` of a partition, which the broker had deleted before they were read."""

    topic: str
    partition: int
    first: int
    last: int

    def __str__(self) -> str:
        """The gap in words."""
        place = f"{self.topic}/{self.partition}"
        return f"{place}: offsets {self.first} to {self.last} were deleted before they were read"


@dataclass(frozen=True, slots=True)
class Remade:
    """A topic that was deleted and made anew while it was read."""

    topic: str

    def __str__(self) -> str:
        """The loss in words."""
        return f"the topic {self.topic} was deleted and made anew: what had not been read of it is lost"


Entry: TypeAlias = Record | Gap | Remade

_TROUBLE = b'{"trouble":'


def to_line(entry: Entry) -> bytes:
    """Return the entry as one line of JSON in UTF-8, including the line break."""
    if isinstance(entry, Gap):
        fields: dict[str, Any] = {"gap": [entry.topic, entry.partition, entry.first, entry.last]}
    elif isinstance(entry, Remade):
        fields = {"remade": entry.topic}
    else:
        fields = {name: getattr(entry, name) for name in Record.__slots__} | {
            "key": to_json(entry.key),
            "headers": [[name, to_json(value)] for name, value in entry.headers],
            "value": {"left_out": entry.size} if isinstance(entry, Outline) else to_json(entry.value),
        }
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def heartbeat(troubles: Mapping[str, str]) -> bytes:
    """Return the line that is sent where there is no entry: an empty one, or why of which topics none may come."""
    return _TROUBLE + json.dumps(troubles).encode() + b"}\n" if troubles else b"\n"


def is_heartbeat(line: bytes) -> bool:
    """Return whether a line, without its break, is a heartbeat and no entry."""
    return not line or line.startswith(_TROUBLE)


def troubles_in(line: bytes) -> dict[str, str]:
    """Return what a heartbeat reports: topic -> sentence; the empty topic stands for all."""
    return dict(json.loads(line)["trouble"]) if line else {}


def to_json(data: bytes | None) -> str | dict[str, str] | None:
    """Return bytes for JSON: UTF-8 as readable text, anything else as base64."""
    if data is None:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}


def from_line(line: bytes) -> Entry:
    """Read back what `to_line` wrote.

    Raises:
        ValueError: the line is not one of a journal, or was cut off.
    """
    try:
        fields = json.loads(line)
        if "gap" in fields:
            return Gap(*fields["gap"])
        if "remade" in fields:
            return Remade(fields["remade"])
        own = {
            "key": _from_json(fields["key"]),
            "headers": tuple((name, _from_json(value)) for name, value in fields["headers"]),
            "value": _from_json(fields["value"]),
        }
        return Record(**fields | own)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a line of a journal: {line[:80]!r}") from error


def _from_json(field: str | dict[str, str] | None) -> bytes | None:
    if isinstance(field, dict):
        return base64.b64decode(field["base64"])
    return field.encode() if field is not None else None
