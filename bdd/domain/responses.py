"""PyHamcrest matchers for `assert_that(exchange, …)`: what the service responded, field by field."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from hamcrest.core.base_matcher import BaseMatcher
from hamcrest.core.description import Description

from bdd.api.exchange import Exchange
from bdd.contracts.differences import differences, shown

_LONG = 300


Errors = Callable[[Exchange], Sequence[str]]
"""Returns a sentence for each way in which a response differs."""
Json = Mapping[str, Any]


class Response(BaseMatcher[Exchange]):
    """A response in which no check finds an error.

    Args:
        expected: the expected response, in words.
        checks: carried out in order; the first that finds errors ends them.
        advice: what to do if the response differs.
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
        lines += [f"response: {item.body[:_LONG].strip()}", f"next:     {self._advice}"]
        mismatch_description.append_text("\n          ".join(lines))

    def _errors(self, exchange: Exchange) -> Sequence[str]:
        return next(filter(None, (check(exchange) for check in self._checks)), [])


def has_status(status: int) -> Response:
    """Match a response with this status."""
    return Response(f"the service responds with {status:d}", _status(status))


def could_read(patient_id: int, data: Json | None) -> Response:
    """Match what a consumer of an event must find: the patient, or (None) that no patient has this id."""
    advice = "let the service publish its event after the change is committed, not before"
    if data is None:
        return Response(
            f"patient {patient_id} does not exist any more", _status(HTTPStatus.NOT_FOUND), advice=advice
        )
    checks = _accepted, _body({"id": patient_id, **data})
    return Response(f"patient {patient_id} as the event shows it", *checks, advice=advice)


def has_message(message: str) -> Response:
    """Match a response whose body is this message and nothing else."""
    return Response(f"the service responds with “{message}”", _body({"message": message}))


def refuses(status: int, field: str) -> Response:
    """Match a refusal with this status whose message names the field."""

    def names_field(body: Json) -> Sequence[str]:
        message = body.get("message")
        return [] if field in str(message) else [f"message is {shown(message)}, expected one that names “{field}”"]

    return Response(
        f"the service refuses with {status:d}, naming “{field}”",
        _status(status),
        lambda exchange: _in_body(exchange, names_field),
        advice=f"let the service refuse this request because of its {field}, name it, and change nothing",
    )


def is_patient(patient_id: int, data: Json) -> Response:
    """Match a response that is the patient, field by field."""
    return Response(f"the service responds with patient {patient_id}", _accepted, _body({"id": patient_id, **data}))


def lists_patient(patient_id: int, data: Json) -> Response:
    """Match a list that contains the patient."""
    patient = {"id": patient_id, **data}
    return Response(f"a list that has patient {patient_id}", _list(lambda listed: _listed_once(listed, patient)))


def lists_only(status: str) -> Response:
    """Match a list of patients that all have this status."""

    def others(listed: Sequence[Json]) -> Sequence[str]:
        wrong = [each for each in listed if each.get("status") != status]
        return [
            f"{len(wrong)} of {len(listed)} have another status, "
            f"first patient {first.get('id')} with {shown(first.get('status'))}"
            for first in wrong[:1]
        ]

    return Response(f"a list of patients, all with the status “{status}”", _list(others))


def lists_exactly(mark: str, patients: Sequence[Json]) -> Response:
    """Match a list that contains each of these patients once, and no other patient whose data has the mark."""
    ids = {patient["id"] for patient in patients}

    def wrong(listed: Sequence[Json]) -> Sequence[str]:
        others = [
            f"patient {each.get('id')} is listed, but should not exist"
            for each in listed
            if each.get("id") not in ids and any(mark in str(value) for value in each.values())
        ]
        return others + [error for patient in patients for error in _listed_once(listed, patient)]

    return Response(
        f"a list that has {len(ids) or 'no'} patient{'' if len(ids) == 1 else 's'} of this scenario",
        _list(wrong),
        advice="let the service store what it has accepted, once, and nothing that it has refused",
    )


def _status(status: int) -> Errors:
    wrong = "the service responded with {}, expected {}"
    return lambda exchange: [] if exchange.status == status else [wrong.format(exchange.status, status)]


def _accepted(exchange: Exchange) -> Sequence[str]:
    body = exchange.body[:_LONG].strip()
    wrong = f"the service responded with {exchange.status} in place of the patient: {body}"
    return [] if exchange.accepted else [wrong]


def _body(expected: Json) -> Errors:
    return lambda exchange: _in_body(exchange, lambda body: differences("", body, expected))


def _in_body(exchange: Exchange, errors: Callable[[Json], Sequence[str]]) -> Sequence[str]:
    try:
        body = exchange.parsed()
    except (ValueError, RecursionError) as error:
        return [f"the response is not JSON ({error}): {exchange.body[:_LONG]!r}"]
    return errors(body) if isinstance(body, dict) else [f"the response is not an object but {shown(body)}"]


def _list(errors: Callable[[Sequence[Json]], Sequence[str]]) -> Errors:
    def check(exchange: Exchange) -> Sequence[str]:
        listed = exchange.json
        is_list = isinstance(listed, list) and all(isinstance(each, dict) for each in listed)
        if not exchange.accepted or not is_list:
            return [f"the response is not a list of patients but {shown(listed)}"]
        return errors(listed)

    return check


def _listed_once(listed: Sequence[Json], patient: Json) -> Sequence[str]:
    name = f"patient {patient['id']}"
    same = [each for each in listed if each.get("id") == patient["id"]]
    if not same:
        return [f"{name} is not among the {len(listed)} that are listed"]
    return differences(name, same[0], patient) if len(same) == 1 else [f"{name} is listed {len(same)} times"]
