"""Sets an event as it was sent beside the event as it was expected, field by field."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bdd.results.model import Event, Expectation

_ENVELOPE_FIRST = ("eventId", "eventType", "version", "timestamp", "producer")


@dataclass(frozen=True)
class Field:
    """A field of an event.

    Attributes:
        name: its place: `key`, `payload.patient_data.telefon`.
        expected: the expected value as JSON, None if there is none.
        sent: the value that was sent as JSON, None if there is none.
        differs: whether the two differ.
        any_value: whether the suite expects no certain value, such as that of the `eventId`.
    """

    name: str
    expected: str | None
    sent: str | None
    differs: bool
    any_value: bool = False


def side_by_side(expectation: Expectation, event: Event | None) -> list[Field]:
    """Return the fields of an expected event and of the event that came closest to it.

    Args:
        expectation: what was expected.
        event: the event, None if nothing came; then all fields are missing.
    """
    wanted = _expected(expectation)
    given = _sent(event) if event else {}
    named = {each.field for each in expectation.differences}
    return [_field(name, wanted, given, named) for name in dict.fromkeys([*wanted, *given])]


def as_json(text: str | None) -> str:
    """Return a text with the indentation of JSON if it is JSON, and as it is otherwise."""
    parsed = _parsed(text)
    return text or "" if parsed is None else json.dumps(parsed, ensure_ascii=False, indent=2)


def _field(name: str, wanted: Mapping[str, str], given: Mapping[str, str], named: set[str]) -> Field:
    certain = name in wanted or name.startswith("payload")
    expected, sent = wanted.get(name), given.get(name)
    differs = name in named or (certain and expected != sent)
    return Field(name, expected, sent, differs, any_value=not certain and name in _ENVELOPE_FIRST)


def _expected(expectation: Expectation) -> dict[str, str]:
    whole = {"topic": expectation.topic, "key": expectation.key, "eventType": expectation.event_type}
    return _shown(whole) | _shown({"payload": expectation.payload})


def _sent(event: Event) -> dict[str, str]:
    record = _shown({"topic": event.topic, "key": event.key})
    value = _parsed(event.value)
    if not isinstance(value, Mapping):
        return record | {"value": event.value or "null"}
    first = {name: value[name] for name in _ENVELOPE_FIRST if name in value}
    return record | _shown({**first, **value})


def _shown(fields: Mapping[str, Any]) -> dict[str, str]:
    """Return each field that has no fields itself, with its value as JSON."""
    return {name: json.dumps(value, ensure_ascii=False) for name, value in _leaves(fields)}


def _leaves(value: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, Any]]:
    for name, part in value.items():
        whole = f"{place}.{name}" if place else name
        if isinstance(part, Mapping) and part:
            yield from _leaves(part, whole)
        else:
            yield whole, part


def _parsed(text: str | None) -> Any:
    """Return what a text means as JSON, None if it is none."""
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None


def worth_comparing(expectations: Sequence[Expectation]) -> list[Expectation]:
    """Return the expectations that no event fulfilled."""
    return [each for each in expectations if each.event is None]
