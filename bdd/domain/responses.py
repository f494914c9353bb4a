"""PyHamcrest matchers for `assert_that(exchange, …)`: what the service responded, field by field."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from hamcrest.core.base_matcher import BaseMatcher
from hamcrest.core.description import Description

from bdd.api.exchange import Exchange
from bdd.contracts.differences import NOT_JSON, OTHER_FORM, Difference, differences, folded, shown
from bdd.domain.entity import Entity
from bdd.domain.resource import Resource
from bdd.domain.resources import noun_at
from bdd.verdict.symptom import ACCEPTED, LISTS_DELETED, Symptom, attach, of_response, refused_request, request_of

_LONG = 300
_BELOW = "\n" + " " * len("          response: ")
_ADVICE = "correct the service's response, or what it stores"
_REFUSED = "refused"
_UNFILTERED = "answers a filter by {} wrongly"

Errors = Callable[[Exchange], Sequence[Difference]]
"""Returns each way in which a response differs."""
Json = Mapping[str, Any]


class Response(BaseMatcher[Exchange]):
    """A response in which no check finds an error.

    Attributes:
        expected: the expected response, in words.

    Args:
        checks: carried out in order; the first that finds errors ends them.
        advice: what to do if the response differs as a whole; where a field does, that is what to correct, and
            where requests do not reach the API, their address.
        where: what differs then, by default the request.
    """

    def __init__(self, expected: str, *checks: Errors, advice: str = _ADVICE, where: str = "") -> None:
        self.expected = expected
        self._checks = checks
        self._advice = advice
        self._where = where

    def _matches(self, item: Exchange) -> bool:
        return not self.errors(item)

    def describe_to(self, description: Description) -> None:
        """Describe the expected response."""
        description.append_text(self.expected)

    def describe_mismatch(self, item: Exchange, mismatch_description: Description) -> None:
        """Describe every difference, the request and the response."""
        errors = self.errors(item)
        first = errors[0]
        advice = item.wrong_address or (_ADVICE if first.is_of_a_field else self._advice)
        attach(mismatch_description, self._symptoms(item, errors, advice))
        lines = [first, *(f"          - {each}" for each in folded(errors)[1:]), f"request:  {item}"]
        lines += [f"sent:     {item.sent[:_LONG]}"] if item.sent else []
        body = item.beginning.replace("\n", _BELOW)  # with its indentation, if it has one
        lines += [f"response: {body}", f"next:     {advice}"]
        mismatch_description.append_text("\n          ".join(lines))

    def _symptoms(self, exchange: Exchange, errors: Sequence[Difference], advice: str) -> Sequence[Symptom]:
        noun, request = noun_at(exchange.path), request_of(exchange)
        if errors[0].kind == _REFUSED:
            return [refused_request(noun, exchange)]
        if errors[0].kind == ACCEPTED or self._where:
            return [Symptom(noun, self._where or request, each.kind, each.field, advice=advice) for each in errors]
        return of_response(noun, exchange, errors, advice)

    def errors(self, exchange: Exchange) -> Sequence[Difference]:
        """Return how a response differs, as the first check says that finds something."""
        return next(filter(None, (check(exchange) for check in self._checks)), [])


def has_status(status: int, field: str = "") -> Response:
    """Match a response with this status.

    Args:
        status: the status.
        field: the field because of which the request must be refused, if it must.
    """
    return Response(f"the service responds with {status:d}", _status(status, field))


def in_time(seconds: float) -> Response:
    """Match a response that has not taken longer."""

    def late(exchange: Exchange) -> Sequence[Difference]:
        sentence = f"the response took {exchange.seconds:.1f} s, {seconds:g} s were promised"
        return [] if exchange.seconds <= seconds else [Difference(sentence, "", "answered too late")]

    advice = "limit how long the service waits for what it needs, and answer 503 then"
    return Response(f"a response within {seconds:g} s", late, advice=advice)


def or_unavailable(expected: Response) -> Response:
    """Match what another matcher does, and a response with 503: what cannot be read now must not look empty."""

    def errors(exchange: Exchange) -> Sequence[Difference]:
        return [] if exchange.status == HTTPStatus.SERVICE_UNAVAILABLE else expected.errors(exchange)

    advice = "answer 503 while the service cannot read what it has stored"
    return Response(f"{expected.expected}, or 503", errors, advice=advice)


def could_read(entity: Entity) -> Response:
    """Match what a consumer of an event must find: the entity, or that none has its id if it is deleted."""
    return Response(_as_shown(entity), *_readable(entity))


def could_read_in_time(entity: Entity, event_type: str) -> Response:
    """Match the same, where a later request finds it: a mismatch comes from an event that was too early.

    Args:
        entity: the entity, as the event shows it.
        event_type: the event's type.
    """

    def too_early(exchange: Exchange) -> Sequence[Difference]:
        kind = "published before its change can be read"
        return [Difference(each, "", kind) for each in could_read(entity).errors(exchange)]

    advice = "let the service publish its event after the change is committed, not before"
    return Response(_as_shown(entity), too_early, advice=advice, where=event_type)


def _as_shown(entity: Entity) -> str:
    return f"{entity} does not exist any more" if entity.deleted else f"{entity} as the event shows it"


def _readable(entity: Entity) -> Sequence[Errors]:
    if entity.deleted:
        return [_status(HTTPStatus.NOT_FOUND)]
    return [_accepted(entity.resource.noun), _body(entity.body)]


def creates(resource: Resource) -> Response:
    """Match the response to a creation that is accepted."""
    advice = "see why the service refused it; if it requires more than the contract says, correct one of the two"
    return Response(f"the service creates the {resource.noun}", _accepted(resource.noun), advice=advice)


def has_message(message: str) -> Response:
    """Match a response whose body is this message and nothing else."""
    return Response(f"the service responds with “{message}”", _body({"message": message}))


def refuses(status: int, field: str) -> Response:
    """Match a refusal with this status whose message names the field: a text, or an object from field to text."""

    def names_field(body: Json) -> Sequence[Difference]:
        message = body.get("message")
        is_named = field in message if isinstance(message, str | dict) else False
        wrong = f"message is {shown(message)}, expected one that names “{field}”"
        kind = "with a {fields} that does not name what is wrong"
        return [] if is_named else [Difference(wrong, "message", kind)]

    return Response(
        f"the service refuses with {status:d}, naming “{field}”",
        _status(status, field),
        lambda exchange: _in_body(exchange, names_field),
        advice=f"let the service refuse this request because of its {field}, name it, and change nothing",
    )


def shows(entity: Entity) -> Response:
    """Match a response that is the entity, field by field."""
    return Response(f"the service responds with {entity}", _accepted(entity.resource.noun), _body(entity.body))


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

    def others(listed: Sequence[Json]) -> Sequence[Difference]:
        wrong = [each for each in listed if each.get(field) != value]
        sentences = (
            f"{len(wrong)} of {len(listed)} have another {field}, "
            f"first {resource.noun} {first.get('id')} with {shown(first.get(field))}"
            for first in wrong[:1]
        )
        return [Difference(each, "", _UNFILTERED.format(field)) for each in sentences]

    return Response(f"a list of {resource.noun}s, all with the {field} “{value}”", _list(resource, others))


def lists_exactly(resource: Resource, mark: str, entities: Sequence[Entity]) -> Response:
    """Match a list that contains each of these entities once, and no other one whose data has the mark.

    Args:
        resource: what is listed.
        mark: the scenario's mark.
        entities: those of the scenario.
    """
    ids = {each.id for each in entities}

    def wrong(listed: Sequence[Json]) -> Sequence[Difference]:
        others = [
            Difference(
                f"{resource.noun} {each.get('id')} is listed, but should not exist",
                "",
                LISTS_DELETED,
            )
            for each in listed
            if each.get("id") not in ids and any(mark in str(value) for value in each.values())
        ]
        return others + [error for entity in entities for error in _listed_once(listed, entity)]

    return Response(
        f"a list that has {len(ids) or 'no'} {resource.noun}{'' if len(ids) == 1 else 's'} of this scenario",
        _list(resource, wrong),
        advice="let the service store what it has accepted, once, and nothing that it has refused",
    )


def _status(status: int, field: str = "") -> Errors:
    def wrong(exchange: Exchange) -> Sequence[Difference]:
        if exchange.status == status:
            return []
        sentence = f"the service responded with {exchange.status}, expected {status}"
        if field and exchange.accepted and exchange.method == "GET":
            return [Difference(sentence, "", _UNFILTERED.format(field))]
        if field and exchange.accepted:
            return [Difference(sentence, field, ACCEPTED)]
        kind = f"answered with {exchange.status} in place of {status}"
        return [Difference(sentence, field, kind)]

    return wrong


def _accepted(what: str) -> Errors:
    return lambda exchange: [] if exchange.accepted else _refused(what, exchange)


def _refused(what: str, exchange: Exchange) -> Sequence[Difference]:
    sentence = f"the service responded with {exchange.outcome} in place of the {what}: {exchange.in_brief}"
    return [Difference(sentence, "", _REFUSED)]


def _body(expected: Json) -> Errors:
    return lambda exchange: _in_body(exchange, lambda body: differences("", body, expected))


def _in_body(exchange: Exchange, errors: Callable[[Json], Sequence[Difference]]) -> Sequence[Difference]:
    try:
        body = exchange.parsed()
    except (ValueError, RecursionError) as error:
        return [not_json(exchange, error)]
    if isinstance(body, dict):
        return errors(body)
    return [Difference(f"the response is not an object but {shown(body)}", "", OTHER_FORM)]


def not_json(exchange: Exchange, error: Exception) -> Difference:
    """Return the difference of a response that is not JSON.

    Args:
        exchange: the request and its response.
        error: why it is not.
    """
    return Difference(f"the response is not JSON ({error}): {exchange.beginning!r}", "", NOT_JSON)


def _list(resource: Resource, errors: Callable[[Sequence[Json]], Sequence[Difference]]) -> Errors:
    def check(exchange: Exchange) -> Sequence[Difference]:
        if not exchange.accepted:
            return _refused(f"list of {resource.noun}s", exchange)
        try:
            body = exchange.parsed()
        except (ValueError, RecursionError) as error:
            return [not_json(exchange, error)]
        listed = resource.api.listed(resource.path, body)
        if listed is None or not all(isinstance(each, dict) for each in listed):
            sentence = f"the response is not a list of {resource.noun}s but {shown(body)}"
            return [Difference(sentence, "", OTHER_FORM)]
        return errors(listed)

    return check


def _listed_once(listed: Sequence[Json], entity: Entity) -> Sequence[Difference]:
    same = [each for each in listed if each.get("id") == entity.id]
    if not same:
        sentence = f"{entity} is not among the {len(listed)} that are listed"
        return [Difference(sentence, "", "does not list all")]
    if len(same) > 1:
        return [Difference(f"{entity} is listed {len(same)} times", "", "lists the same one more than once")]
    return differences(str(entity), same[0], entity.body)
