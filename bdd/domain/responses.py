"""PyHamcrest matchers for `assert_that(exchange, …)`: what the service responded, field by field."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from hamcrest.core.base_matcher import BaseMatcher
from hamcrest.core.description import Description

from bdd.api.exchange import Exchange
from bdd.contracts.differences import differences, shown
from bdd.domain.entity import Entity
from bdd.domain.resource import Resource

_LONG = 300
_BELOW = "\n" + " " * len("          response: ")

Errors = Callable[[Exchange], Sequence[str]]
"""Returns a sentence for each way in which a response differs."""
Json = Mapping[str, Any]


class Response(BaseMatcher[Exchange]):
    """A response in which no check finds an error.

    Args:
        expected: the expected response, in words.
        checks: carried out in order; the first that finds errors ends them.
        advice: what to do if the response differs, unless that is because requests do not reach the API.
    """

    def __init__(
        self, expected: str, *checks: Errors, advice: str = "correct the service's response, or what it stores"
    ) -> None:
        self._expected = expected
        self._checks = checks
        self._advice = advice

    def _matches(self, item: Exchange) -> bool:
        return not self._errors(item)

    def describe_to(self, description: Description) -> None:
        """Describe the expected response."""
        description.append_text(self._expected)

    def describe_mismatch(self, item: Exchange, mismatch_description: Description) -> None:
        """Describe every difference, the request and the response."""
        first, *more = self._errors(item)
        lines = [first, *(f"          - {error}" for error in more), f"request:  {item}"]
        lines += [f"sent:     {item.sent[:_LONG]}"] if item.sent else []
        body = item.body[:_LONG].strip().replace("\n", _BELOW)  # with its indentation, if it has one
        lines += [f"response: {body}", f"next:     {item.wrong_address or self._advice}"]
        mismatch_description.append_text("\n          ".join(lines))

    def _errors(self, exchange: Exchange) -> Sequence[str]:
        return next(filter(None, (check(exchange) for check in self._checks)), [])


def has_status(status: int) -> Response:
    """Match a response with this status."""
    return Response(f"the service responds with {status:d}", _status(status))


def could_read(entity: Entity) -> Response:
    """Match what a consumer of an event must find: the entity, or that none has its id if it is deleted."""
    advice = "let the service publish its event after the change is committed, not before"
    if entity.deleted:
        return Response(f"{entity} does not exist any more", _status(HTTPStatus.NOT_FOUND), advice=advice)
    return Response(
        f"{entity} as the event shows it", _accepted(entity.resource), _body(entity.body), advice=advice
    )


def creates(resource: Resource) -> Response:
    """Match the response to a creation that is accepted."""
    advice = "see why the service refused it; if it requires more than the contract says, correct one of the two"
    return Response(f"the service creates the {resource.noun}", _accepted(resource), advice=advice)


def has_message(message: str) -> Response:
    """Match a response whose body is this message and nothing else."""
    return Response(f"the service responds with “{message}”", _body({"message": message}))


def refuses(status: int, field: str) -> Response:
    """Match a refusal with this status whose message names the field: a text, or an object from field to text."""

    def names_field(body: Json) -> Sequence[str]:
        message = body.get("message")
        is_named = field in message if isinstance(message, str | dict) else False
        return [] if is_named else [f"message is {shown(message)}, expected one that names “{field}”"]

    return Response(
        f"the service refuses with {status:d}, naming “{field}”",
        _status(status),
        lambda exchange: _in_body(exchange, names_field),
        advice=f"let the service refuse this request because of its {field}, name it, and change nothing",
    )


def shows(entity: Entity) -> Response:
    """Match a response that is the entity, field by field."""
    return Response(f"the service responds with {entity}", _accepted(entity.resource), _body(entity.body))


def lists(entity: Entity) -> Response:
    """Match a list that contains the entity."""
    check = _list(entity.resource, lambda listed: _listed_once(listed, entity))
    return Response(f"a list that has {entity}", check)


def lists_only(resource: Resource, field: str, value: str) -> Response:
    """Match a list in which all have the same value in a field.

    Args:
        resource: what is listed.
        field: the field's name.
        value: the field's value.
    """

    def others(listed: Sequence[Json]) -> Sequence[str]:
        wrong = [each for each in listed if each.get(field) != value]
        return [
            f"{len(wrong)} of {len(listed)} have another {field}, "
            f"first {resource.noun} {first.get('id')} with {shown(first.get(field))}"
            for first in wrong[:1]
        ]

    return Response(f"a list of {resource.noun}s, all with the {field} “{value}”", _list(resource, others))


def lists_exactly(resource: Resource, mark: str, entities: Sequence[Entity]) -> Response:
    """Match a list that contains each of these entities once, and no other one whose data has the mark.

    Args:
        resource: what is listed.
        mark: the scenario's mark.
        entities: those of the scenario.
    """
    ids = {each.id for each in entities}

    def wrong(listed: Sequence[Json]) -> Sequence[str]:
        others = [
            f"{resource.noun} {each.get('id')} is listed, but should not exist"
            for each in listed
            if each.get("id") not in ids and any(mark in str(value) for value in each.values())
        ]
        return others + [error for entity in entities for error in _listed_once(listed, entity)]

    return Response(
        f"a list that has {len(ids) or 'no'} {resource.noun}{'' if len(ids) == 1 else 's'} of this scenario",
        _list(resource, wrong),
        advice="let the service store what it has accepted, once, and nothing that it has refused",
    )


def _status(status: int) -> Errors:
    wrong = "the service responded with {}, expected {}"
    return lambda exchange: [] if exchange.status == status else [wrong.format(exchange.status, status)]


def _accepted(resource: Resource) -> Errors:
    wrong = f"the service responded with {{}} in place of the {resource.noun}: {{}}"
    return lambda exchange: [] if exchange.accepted else [wrong.format(exchange.outcome, exchange.in_brief)]


def _body(expected: Json) -> Errors:
    return lambda exchange: _in_body(exchange, lambda body: differences("", body, expected))


def _in_body(exchange: Exchange, errors: Callable[[Json], Sequence[str]]) -> Sequence[str]:
    try:
        body = exchange.parsed()
    except (ValueError, RecursionError) as error:
        return [f"the response is not JSON ({error}): {exchange.body[:_LONG]!r}"]
    return errors(body) if isinstance(body, dict) else [f"the response is not an object but {shown(body)}"]


def _list(resource: Resource, errors: Callable[[Sequence[Json]], Sequence[str]]) -> Errors:
    def check(exchange: Exchange) -> Sequence[str]:
        body = exchange.json
        listed = resource.api.listed(resource.path, body) if exchange.accepted else None
        if listed is None or not all(isinstance(each, dict) for each in listed):
            return [f"the response is not a list of {resource.noun}s but {shown(body)}"]
        return errors(listed)

    return check


def _listed_once(listed: Sequence[Json], entity: Entity) -> Sequence[str]:
    same = [each for each in listed if each.get("id") == entity.id]
    if not same:
        return [f"{entity} is not among the {len(listed)} that are listed"]
    if len(same) > 1:
        return [f"{entity} is listed {len(same)} times"]
    return differences(str(entity), same[0], entity.body)
