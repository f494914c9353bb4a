"""Test data made from the contract of a resource's API: what is sent, and what is stored then."""

import datetime as dt
import json
import math
import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import cycle, islice
from urllib.parse import urlencode
from uuid import UUID

from behave.model import Table

from bdd.contracts.asyncapi import InvalidContract
from bdd.contracts.fields import Field
from bdd.domain.resource import Data, Resource, Value

_WRONG_VALUES = {
    "a number": 12345,
    "true": True,
    "a list": ["Erika"],
    "an object": {"value": "Erika"},
    "nothing": None,
}
_UNUSED_IDS = range(2_000_000_000, 2_147_483_647)  # fits a database's 32-bit integer
_TOO_LARGE = range(2_000_000_000_000, 2_000_000_000_000_000)  # does not, but fits every JSON reader's number
_TEXTS = ("Beispiela", "Größner-Äpfelböck", "Sinéad O'Testington", "太郎 🦊")
_MANY = 1000
NULL = "(none)"
_FEW = len(_TEXTS)
_FIRST_DAY = dt.datetime(2000, 1, 1, 8, tzinfo=dt.UTC)


def example(resource: Resource, mark: str) -> dict[str, Value]:
    """Return what is sent to create a thing: all fields but those that have a default or that the service makes.

    The mark is in the last required text, and in e-mail addresses.

    Raises:
        InvalidContract: the contract has no example of a required field, and none can be made from its schema.
    """
    fields = resource.api.sent("POST", resource.path).values()
    sent = [field for field in fields if field.required or not field.has_default]
    data = {field.name: value for field in sent for value in _example(field)}
    if missing := [field.name for field in sent if field.required and field.name not in data]:
        raise InvalidContract(
            f"The contract {resource.api} requires the field {missing[0]} of {_a(resource.noun)}, but does not say "
            "what to send: give it an example"
        )
    texts = [field for field in sent if field.name in data and field.is_free_text and field.longest >= len(mark)]
    for field in [each for each in texts if each.required][-1:] or texts[-1:]:
        data[field.name] = _with_mark(str(data[field.name]), mark, field.longest)
    emails = {field.name: f"{mark}@example.org" for field in sent if field.format == "email"}
    return data | {name: address for name, address in emails.items() if name in data}


def required_only(resource: Resource, mark: str) -> dict[str, Value]:
    """Return what is sent to create a thing of which nothing is known but what the service requires."""
    fields = resource.api.sent("POST", resource.path)
    return {name: value for name, value in example(resource, mark).items() if fields[name].required}


def stored(resource: Resource, sent: Data, answered: object = None) -> dict[str, Value]:
    """Return a thing as it is right after its creation, without its id.

    Args:
        resource: what it is.
        sent: the fields that the request had.
        answered: the body of the response, from which come the values that the service makes.
    """
    known = resource.api.sent("POST", resource.path)
    made = dict.fromkeys(_made(resource)) | made_by_service(resource, answered)
    return {
        name: sent.get(name, known[name].default if name in known else field.default)
        if name not in made
        else made[name]
        for name, field in resource.api.answered(resource.path).items()
    }


def made_by_service(resource: Resource, answered: object) -> dict[str, Value]:
    """Return the fields whose values the service makes, as a response has them.

    Args:
        resource: what the response is about.
        answered: the body of the response.
    """
    return {name: answered[name] for name in _made(resource) if isinstance(answered, Mapping) and name in answered}


def not_made(resource: Resource, answered: Mapping[str, object]) -> list[str]:
    """Return the required fields whose values the service makes, and which a response has not.

    Args:
        resource: what the response is about.
        answered: the body of the response.
    """
    return [name for name, field in _made(resource).items() if field.required and name not in answered]


def changeable(resource: Resource) -> Mapping[str, Field]:
    """Return the fields that a change may have, in the contract's order."""
    return resource.api.sent("PUT", f"{resource.path}/{{id}}")


def a_change(resource: Resource) -> dict[str, Value]:
    """Return what is sent to change a thing, where any valid change will do."""
    fields = changeable(resource).values()
    field = [*fields, *(each for each in fields if each.is_free_text)][-1]
    return {field.name: another_value(resource, field.name, 0)}


def another_value(resource: Resource, field: str, number: int) -> Value:
    """Return a valid value that a new thing does not have; other numbers give other ones, if there are so many.

    Args:
        resource: what has the field.
        field: its name.
        number: 0 or more.

    Raises:
        AssertionError: there is no such field, or no other value.
    """
    known = resource.api.sent("POST", resource.path).get(field)
    at_creation = [] if known is None else [known.default] if known.has_default else _example(known)
    others = (value for value in _values_of(resource, field) if value not in at_creation)
    for value in islice(cycle(others), number, None):
        return value
    raise AssertionError(f"{_a(resource.noun)} has no other {field} in {resource.api}: give it more examples")


def values(resource: Resource, field: str) -> Sequence[Value]:
    """Return some valid values of a field, simple ones first, for random programs.

    Raises:
        AssertionError: there is no such field.
    """
    known = field_of(resource, field)
    if known.enum:
        return [*_values_of(resource, field)]
    others = (value for value in _values_of(resource, field) if value not in known.examples[:1])
    return [*islice(others, _FEW)]


def read_value(resource: Resource, field: str, text: str) -> Value:
    """Return the value that a step means by a text: “(none)” is null, and the contract says what is a number.

    Raises:
        AssertionError: there is no such field, or it cannot have this value.
    """
    if text == NULL:
        check_value(resource, field, None)
        return None
    value: Value = text
    if field_of(resource, field).type != "string":
        try:
            value = json.loads(text)
        except ValueError:
            value = text
    check_value(resource, field, value)
    return value


def field_of(resource: Resource, name: str) -> Field:
    """Return a field with all that the contract says of it; what it says of changes counts most.

    Raises:
        AssertionError: there is no such field.
    """
    return _merged(tuple(_fields(resource, name)))


def check_value(resource: Resource, field: str, value: object) -> None:
    """Check that a feature names what the contract has.

    Args:
        resource: what has the field.
        field: its name.
        value: the value that the feature gives to it.

    Raises:
        AssertionError: there is no such field, or the contract lists its values and this is not among them.
    """
    listed = [known.enum for known in _fields(resource, field)]
    if value is None or not all(listed) or any(value in enum for enum in listed):
        return
    known_values = dict.fromkeys(str(each) for enum in listed for each in enum)
    raise AssertionError(
        f"“{value}” is not {_a(field)} of {_a(resource.noun)} in {resource.api}; "
        f"there are: {', '.join(known_values)}"
    )


def fields_in(resource: Resource, table: Table | None, *, valid: bool = True) -> dict[str, Value]:
    """Return the fields in a step's table with the columns field and value.

    Args:
        resource: what has the fields.
        table: the step's.
        valid: whether the contract must have their values too.

    Raises:
        AssertionError: there is no table, or the contract has no such field or value.
    """
    assert table is not None, "this step needs a table with the columns field and value"
    if valid:
        return {row["field"]: read_value(resource, row["field"], row["value"]) for row in table}
    texts = {field_of(resource, row["field"]).name: row["value"] for row in table}
    return {name: None if text == NULL else text for name, text in texts.items()}


def unknown_field(resource: Resource, name: str) -> dict[str, Value]:
    """Return a field that requests about a thing do not know, with a value.

    Raises:
        AssertionError: the contract has it.
    """
    api = resource.api
    known = ("id", *api.sent("POST", resource.path), *changeable(resource), *api.answered(resource.path))
    assert name not in known, f"“{name}” is a field of {_a(resource.noun)} in {api}: name one that it does not have"
    return {name: "a value"}


def filtered(resource: Resource, field: str, value: str, *, valid: bool = True) -> str:
    """Return the path of the list of the things that have a value in a field.

    Args:
        resource: what is listed.
        field: the name of the field, and of the parameter.
        value: the value.
        valid: whether the contract must have the value too.

    Raises:
        AssertionError: the contract has no such parameter, or the field cannot have this value.
    """
    known = resource.api.filters(resource.path)
    assert field in known, (
        f"GET {resource.path} has no parameter “{field}” in {resource.api}; there are: {', '.join(known) or 'none'}"
    )
    if valid:
        check_value(resource, field, value)
    return f"{resource.path}?{urlencode({field: value})}"


def wrong_value(words: str) -> object:
    """Return the invalid value that a step names: “a number”, or the quoted text itself."""
    if words in _WRONG_VALUES:
        return _WRONG_VALUES[words]
    return json.loads(words.translate({0x201C: '"', 0x201D: '"'}))


def unreadable_body(resource: Resource, words: str, mark: str) -> str:
    """Return a body that the service cannot parse, by the name that a step uses.

    Args:
        resource: what the body is to be about.
        words: the name.
        mark: the scenario's.

    Raises:
        AssertionError: no body has this name.
    """
    data = example(resource, mark)
    bodies = {
        "JSON that is cut off": as_json(data)[:-1],
        "a web form": urlencode(data),
        "a list of names": as_json([*data.values()]),
        "a text that is not JSON": "\n".join(f"{name}: {value}" for name, value in data.items()),
    }
    assert words in bodies, f"no body is called “{words}”; there are: {', '.join(bodies)}"
    return bodies[words]


def as_json(data: object) -> str:
    """Return the body of a request; umlauts and emoji are not escaped."""
    return json.dumps(data, ensure_ascii=False)


def unused_id() -> int:
    """Return an id that no platform has assigned."""
    return random.choice(_UNUSED_IDS)  # noqa: S311 - no secret


def too_large_id() -> int:
    """Return an id that does not fit a database's 32-bit integer."""
    return random.choice(_TOO_LARGE)  # noqa: S311 - no secret


def _made(resource: Resource) -> Mapping[str, Field]:
    """The fields whose values the service makes: those that are only read, and those that no request has."""
    requested = {*resource.api.sent("POST", resource.path), *changeable(resource)}
    fields = resource.api.answered(resource.path).items()
    return {name: field for name, field in fields if field.read_only or name not in requested}


def _fields(resource: Resource, name: str) -> list[Field]:
    """The field in a change, in a creation, and in a response, as far as it is there."""
    api = resource.api
    places = changeable(resource), api.sent("POST", resource.path), api.answered(resource.path)
    found = [place[name] for place in places if name in place]
    known = dict.fromkeys(each for place in places for each in place)
    assert found, f"{_a(resource.noun)} has no field “{name}” in {api}; there are: {', '.join(known)}"
    return found


@cache
def _merged(found: tuple[Field, ...]) -> Field:
    first, *_ = found
    return Field(
        first.name, first.required, [schema for each in reversed(found) for schema in each.schemas], first.document
    )


def _values_of(resource: Resource, name: str) -> Iterator[Value]:
    """Valid values of a field in a change, or in a creation if no change may have it."""
    allowed, *_ = _fields(resource, name)
    return (value for value in _candidates(field_of(resource, name)) if allowed.accepts(value))


@cache
def _example(field: Field) -> Sequence[Value]:
    """The value to send, nothing where none is known."""
    return [*islice(filter(field.accepts, _candidates(field)), 1)]


def _candidates(field: Field) -> Iterator[Value]:
    """Values that the contract probably accepts, each once: its examples first, then simple ones."""
    yield from field.enum or field.examples
    if field.enum:
        return
    numbers = range(1, _MANY)
    made: Iterable[Value]
    if field.type == "boolean":
        made = (True, False)
    elif field.type in {"integer", "number"}:
        made = _numbers(field)
    elif make := _BY_FORMAT.get(field.format or ""):
        made = map(make, numbers)
    else:
        made = _texts(field, numbers)
    yield from (value for value in made if value not in field.examples)


def _numbers(field: Field) -> Iterator[Value]:
    keywords = field.keywords
    step = keywords.get("multipleOf", 1)
    least = keywords.get("minimum", keywords.get("exclusiveMinimum", min(1, keywords.get("maximum", 1))))
    first = math.ceil(least / step)
    yield from (step * (first + number) for number in range(_MANY))


def _texts(field: Field, numbers: Iterable[int]) -> Iterator[Value]:
    counted = re.fullmatch(r"(.*?)(\d+)", str(field.examples[0])) if field.examples else None
    if counted:  # a telephone number, a postcode: other digits
        beginning, digits = counted.groups()
        yield from (f"{beginning}{int(digits) + number:0{len(digits)}}" for number in numbers)
        return
    shortest = field.keywords.get("minLength", 0)
    yield from (text.ljust(shortest, "x") for text in _TEXTS)
    yield from (f"Beispiel {number}".ljust(shortest, "x") for number in numbers)
    yield from (str(number) for number in numbers)


def _with_mark(text: str, mark: str, longest: float) -> str:
    if len(text) + 1 + len(mark) <= longest:
        return f"{text}-{mark}"
    return mark


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


_BY_FORMAT: Mapping[str, Callable[[int], str]] = {
    "date": lambda number: (_FIRST_DAY + dt.timedelta(days=number)).date().isoformat(),
    "date-time": lambda number: (_FIRST_DAY + dt.timedelta(days=number)).isoformat().replace("+00:00", "Z"),
    "time": lambda number: (_FIRST_DAY + dt.timedelta(seconds=number)).time().isoformat() + "Z",
    "email": lambda number: f"beispiel{number}@example.org",
    "uuid": lambda number: str(UUID(int=number, version=4)),
    "uri": lambda number: f"https://example.org/{number}",
}
