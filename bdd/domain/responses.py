"""PyHamcrest matchers for `assert_that(exchange, …)`: what the service answered, field by field."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from hamcrest.core.base_matcher import BaseMatcher
from hamcrest.core.description import Description

from bdd.api.exchange import Exchange
from bdd.contracts.differences import differences, shown

_LONG = 300


class HasResponse(BaseMatcher[Exchange]):
    """The service answered with this status, and with this body where one is given.

    Args:
        expected: what is expected, in words.
        status: the status, None for any.
        body: the whole body.
        patient: the body is a patient: a refusal is told as such.
        naming: a text that the body's `message` must have in it.
        advice: what to do when it is otherwise.
    """

    def __init__(
        self,
        expected: str,
        *,
        status: int | None = None,
        body: Mapping[str, Any] | None = None,
        patient: bool = False,
        naming: str = "",
        advice: str = "correct the service's response, or what it keeps",
    ) -> None:
        self._expected = expected
        self._status = status
        self._body = body
        self._patient = patient
        self._naming = naming
        self._advice = advice

    def _matches(self, item: Exchange) -> bool:
        return not self._errors(item)

    def describe_to(self, description: Description) -> None:
        """Say what was expected."""
        description.append_text(self._expected)

    def describe_mismatch(self, item: Exchange, mismatch_description: Description) -> None:
        """Say every difference, and what was sent and answered."""
        first, *more = self._errors(item)
        lines = [first, *(f"          - {error}" for error in more), f"request:  {item}"]
        lines += [f"sent:     {item.sent[:_LONG]}"] if item.sent else []
        lines += [
            f"response: {item.body[:_LONG].strip()}",
            f"next:     {self._advice}",
        ]
        mismatch_description.append_text("\n          ".join(lines))

    def _errors(self, exchange: Exchange) -> Sequence[str]:
        if self._status not in {None, exchange.status}:
            return [f"the service responded with {exchange.status}, expected {self._status}"]
        if self._patient and not exchange.accepted:
            body = exchange.body[:_LONG].strip()
            return [f"the service responded with {exchange.status} in place of the patient: {body}"]
        return self._errors_of_body(exchange) if self._body is not None or self._naming else []

    def _errors_of_body(self, exchange: Exchange) -> Sequence[str]:
        try:
            answer = exchange.parsed()
        except (ValueError, RecursionError) as error:
            return [f"the response is not JSON ({error}): {exchange.body[:_LONG]!r}"]
        if not isinstance(answer, dict):
            return [f"the response is not an object but {shown(answer)}"]
        if self._naming and self._naming not in str(answer.get("message")):
            return [f"message is {shown(answer.get('message'))}, expected one that names “{self._naming}”"]
        return [] if self._body is None else differences("", answer, self._body)


class ListsPatients(BaseMatcher[Exchange]):
    """The answer is a list in which the patient is, or all of whose patients have a status."""

    def __init__(self, patient: Mapping[str, Any] | None = None, status: str = "") -> None:
        self._patient = patient
        self._status = status

    def _matches(self, item: Exchange) -> bool:
        return not self._error(item)

    def describe_to(self, description: Description) -> None:
        """Say what was expected."""
        description.append_text(
            f"a list of patients, all with the status “{self._status}”"
            if self._patient is None
            else f"a list that has patient {self._patient['id']}"
        )

    def describe_mismatch(self, item: Exchange, mismatch_description: Description) -> None:
        """Say what is wrong with the list."""
        lines = [self._error(item), f"request:  {item}", "next:     correct what the service lists"]
        mismatch_description.append_text("\n          ".join(lines))

    def _error(self, exchange: Exchange) -> str:
        listed = exchange.json
        if not _is_list(listed):
            return f"the response is not a list of patients but {shown(listed)}"
        if self._patient is None:
            others = [each for each in listed if each.get("status") != self._status]
            first = f", first patient {others[0].get('id')} with {shown(others[0].get('status'))}" if others else ""
            return f"{len(others)} of {len(listed)} have another status{first}" if others else ""
        same = [each for each in listed if each.get("id") == self._patient["id"]]
        if not same:
            return f"the patient is not among the {len(listed)} that are listed"
        if len(same) > 1:
            return f"the patient is listed {len(same)} times"
        return "; ".join(differences("", same[0], self._patient))


class ListsExactly(BaseMatcher[Exchange]):
    """Of the patients that carry a mark, the answer is a list of these, each once and as it should be."""

    def __init__(self, mark: str, patients: Sequence[Mapping[str, Any]]) -> None:
        self._mark = mark
        self._patients = {patient["id"]: patient for patient in patients}

    def _matches(self, item: Exchange) -> bool:
        return not self._errors(item)

    def describe_to(self, description: Description) -> None:
        """Say what was expected."""
        count = len(self._patients) or "no"
        description.append_text(f"a list that has {count} patient{'' if count == 1 else 's'} of this scenario")

    def describe_mismatch(self, item: Exchange, mismatch_description: Description) -> None:
        """Say what is wrong with each patient."""
        first, *more = self._errors(item)
        lines = [first, *(f"          - {error}" for error in more), f"request:  {item}"]
        lines.append("next:     let the service keep what it has accepted, once, and nothing that it has refused")
        mismatch_description.append_text("\n          ".join(lines))

    def _errors(self, exchange: Exchange) -> Sequence[str]:
        listed = exchange.json
        if not exchange.accepted or not _is_list(listed):
            return [f"the response is not a list of patients but {shown(listed)}"]
        others = [each.get("id") for each in listed if each.get("id") not in self._patients and self._marked(each)]
        found = [f"patient {other} is listed, who should not be there" for other in others]
        return found + [error for patient in self._patients for error in self._errors_of(patient, listed)]

    def _errors_of(self, patient: int, listed: Sequence[Mapping[str, Any]]) -> Sequence[str]:
        same = [each for each in listed if each.get("id") == patient]
        if not same:
            return [f"patient {patient} is not listed"]
        if len(same) > 1:
            return [f"patient {patient} is listed {len(same)} times"]
        return differences(f"patient {patient}", same[0], self._patients[patient])

    def _marked(self, patient: Mapping[str, Any]) -> bool:
        return any(self._mark in str(value) for value in patient.values())


def _is_list(answer: object) -> bool:
    return isinstance(answer, list) and all(isinstance(each, dict) for each in answer)


def has_status(status: int) -> HasResponse:
    """Match when the service answered with the status."""
    return HasResponse(f"the service responds with {status:d}", status=status)


def could_read(patient_id: int, data: Mapping[str, Any] | None) -> HasResponse:
    """Match when who asked on an event found the patient, or for None that there is none any more."""
    advice = "let the service publish its event after the change is committed, not before"
    if data is None:
        return HasResponse(f"patient {patient_id} is gone", status=HTTPStatus.NOT_FOUND, advice=advice)
    expected = f"patient {patient_id} as the event says"
    return HasResponse(expected, body={"id": patient_id, **data}, patient=True, advice=advice)


def has_message(message: str) -> HasResponse:
    """Match when the service's answer is this message and nothing else."""
    return HasResponse(f"the service responds with “{message}”", body={"message": message})


def refuses(status: int, field: str) -> HasResponse:
    """Match when the service refused with the status, and its message names the field."""
    return HasResponse(
        f"the service refuses with {status:d}, naming “{field}”",
        status=status,
        naming=field,
        advice=f"let the service refuse this request because of its {field}, say so, and change nothing",
    )


def is_patient(patient_id: int, data: Mapping[str, Any]) -> HasResponse:
    """Match when the answer is the patient, field by field."""
    expected = f"the service responds with patient {patient_id}"
    return HasResponse(expected, body={"id": patient_id, **data}, patient=True)


def lists_patient(patient_id: int, data: Mapping[str, Any]) -> ListsPatients:
    """Match when the answer is a list that has the patient."""
    return ListsPatients(patient={"id": patient_id, **data})


def lists_only(status: str) -> ListsPatients:
    """Match when all patients of the answer have the status."""
    return ListsPatients(status=status)


def lists_exactly(mark: str, patients: Sequence[Mapping[str, Any]]) -> ListsExactly:
    """Match when the answer is a list that has these patients, each once, and no other with the mark."""
    return ListsExactly(mark, patients)
