"""Compares a value with the expected one and returns a sentence for every difference."""

import datetime as dt
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, Self

from bdd.output.printable import printable

_LONG = 120  # characters
_MOST_IN_FULL = 8
_HALF_AN_HOUR = 1700  # seconds, and a little less: the smallest difference between time zones
_ENUM_NAME = "a Python enum's name in place of its value"
_STALE = "its value before the change"
_MICROSECONDS = re.compile(r"\.\d{6}")
_INDEX = re.compile(r"\[\d+\]")
_UNKNOWN = object()

WITHOUT = "without {fields}"
EXTRA = "with an additional {fields}"
NULL = "with {fields} as null"
STALE = "with {fields} as before the change"
ANOTHER = "with another {fields}"
INVALID = "with {fields} against the contract"
CUT_OFF = "with {fields} cut off"
NOT_JSON = "answered with something else than JSON"
OTHER_FORM = "answered with JSON of another form"
"""What a difference is, in words that hold for any field and continue what has it: a message, a response."""


class Difference(str):
    """A sentence about one difference.

    Attributes:
        field: the field's path without indexes: `payload.patient_data.telefon`; empty for the whole.
        kind: what it is, without the values, such as `WITHOUT`.
    """

    __slots__ = ("field", "kind")
    field: str
    kind: str

    def __new__(cls, sentence: str, field: str, kind: str) -> Self:
        """Return the sentence with its field and kind."""
        difference = super().__new__(cls, sentence)
        difference.field, difference.kind = _INDEX.sub("", field), kind
        return difference

    @property
    def is_of_a_field(self) -> bool:
        """Whether it is about a field, and not about the whole."""
        return bool(self.field)


def differences(path: str, actual: Any, expected: Any, before: Any = _UNKNOWN) -> list[Difference]:
    """Return each difference, none when both are the same, types included (`1` is not `"1"`).

    Args:
        path: the name of the value in the sentences.
        actual: the value that came.
        expected: the value that should have come.
        before: the value that would have been right before the change.
    """
    if isinstance(actual, dict) and isinstance(expected, Mapping):
        return _of_objects(path, actual, expected, before if isinstance(before, Mapping) else {})
    if isinstance(actual, list) and isinstance(expected, list) and len(actual) == len(expected):
        pairs = enumerate(zip(actual, expected, strict=True))
        return [found for n, pair in pairs for found in differences(f"{path}[{n}]", *pair)]
    if _same(actual, expected):
        return []
    remark, kind = (_STALE, STALE) if _same(actual, before) else _remark(actual, expected)
    sentence = f"{path} is {shown(actual)}, expected {shown(expected)}{': ' if remark else ''}{remark}"
    return [Difference(sentence, path, kind)]


def folded(found: Sequence[Difference]) -> list[str]:
    """Return the sentences about differences, where there are many the first ones and the fields of the others."""
    if len(found) <= _MOST_IN_FULL:
        return [*found]
    more = found[_MOST_IN_FULL - 1 :]
    names = dict.fromkeys(each.field.rpartition(".")[2] or each.kind for each in more)
    return [*found[: _MOST_IN_FULL - 1], f"{len(more)} more differences: {', '.join(names)}"]


def shown(value: Any) -> str:
    """Return a value as JSON, cut where it is long; what cannot be printed is escaped."""
    text = printable(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= _LONG else f"{text[:100]}… ({len(text)} characters)"


def outside_window(value: Any, earliest: float, latest: float, tolerance: float) -> list[Difference]:
    """Return what is wrong with a timestamp that was not made between the request and the arrival of its event.

    Args:
        value: the envelope's `timestamp`: an ISO 8601 time in UTC, with or without an offset.
        earliest: when the request was sent, in seconds since 1970 UTC.
        latest: when the recorder read the event, likewise.
        tolerance: how many seconds the platform's clock may differ.
    """
    try:
        made = dt.datetime.fromisoformat(value)
    except (ValueError, TypeError):
        wrong = f"timestamp is {shown(value)}, expected a time between the request and the arrival of its event"
        return [Difference(wrong, "timestamp", "with {fields} as something else than a time")]
    seconds = made.replace(tzinfo=made.tzinfo or dt.UTC).timestamp()
    unwritten = 0 if made.microsecond else 1  # a time without a fraction may be up to a second later
    if earliest - tolerance - unwritten <= seconds <= latest + tolerance:
        return []
    off, where = earliest - seconds, "before the request"
    if seconds >= earliest:
        off, where = seconds - latest, "after its arrival"
    hint = " (a local time without its offset?)" if abs(seconds - earliest) > _HALF_AN_HOUR else ""
    kind = f"with {{fields}} {where}{hint}"
    return [Difference(f"timestamp is {shown(value)}: {off:.1f} s {where}{hint}", "timestamp", kind)]


def is_to_the_microsecond(timestamp: object) -> bool:
    """Tell whether a time is written so finely that no two moments share it."""
    return isinstance(timestamp, str) and bool(_MICROSECONDS.search(timestamp))


def _same(one: object, other: object) -> bool:
    return type(one) is type(other) and one == other


def _of_objects(
    path: str, actual: dict[str, Any], expected: Mapping[str, Any], before: Mapping[str, Any]
) -> list[Difference]:
    prefix = f"{path}." if path else ""
    found = []
    for name, value in expected.items():
        if name in actual:
            found += differences(prefix + name, actual[name], value, before.get(name, _UNKNOWN))
        else:
            found.append(Difference(f"{prefix}{name} is missing, expected {shown(value)}", prefix + name, WITHOUT))
    for name, value in actual.items():
        if name not in expected:
            found.append(Difference(f"{prefix}{name} is extra: {shown(value)}", prefix + name, EXTRA))
    return found


def _remark(actual: Any, expected: Any) -> tuple[str, str]:
    """A hint at a known mistake, empty for any other one; and the kind of the difference."""
    if isinstance(actual, str) and isinstance(expected, str):
        return _remark_on_text(actual, expected)
    if isinstance(actual, str) and isinstance(expected, Mapping) and actual.startswith("{"):
        return "an object written as text", "with {fields} as an object written as text"
    if type(actual) is type(expected):
        return "", ANOTHER
    types = f"{_type_name(actual)} in place of {_type_name(expected)}"
    return types if str(actual) == str(expected) else "", NULL if actual is None else f"with {{fields}} as {types}"


def _remark_on_text(actual: str, expected: str) -> tuple[str, str]:
    owner, _, member = actual.partition(".")
    if " " not in actual and owner[:1].isupper() and member.isupper():
        return _ENUM_NAME, f"with {{fields}} as {_ENUM_NAME}"
    if actual and expected.startswith(actual):
        cut = f"cut off after {len(actual)} of {len(expected)} characters"
        return cut, CUT_OFF
    if unicodedata.normalize("NFC", actual) == unicodedata.normalize("NFC", expected):
        return "the same letters, in other code points", "with {fields} in other code points"  # they look alike
    return "", ANOTHER


def _type_name(value: Any) -> str:
    names: dict[type, str] = {str: "text", bool: "true or false", int: "a number", float: "a number"}
    names |= {type(None): "null", dict: "an object", list: "a list"}
    return names[type(value)]
