"""The model: what the contract requires of every action in a patient's lifecycle."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from bdd.domain.patients import Value, stored_data
from bdd.domain.random_patients.actions import Action, Lifecycle, Program

Data = Mapping[str, Value]


@dataclass(frozen=True)
class Outcome:
    """What must come of an action.

    Attributes:
        status: the response's status code.
        data: the patient from now on, None while there is none.
        event: the type of the one event that is published, None for none.
        message: the response's message in place of the patient.
        naming: the field that the response's message must name.
    """

    status: HTTPStatus
    data: Data | None
    event: str | None = None
    message: str | None = None
    naming: str | None = None


def outcome(action: Action, data: Data | None, mark: str) -> Outcome:
    """Return what must come of an action.

    Args:
        action: what is done.
        data: the patient as it is, None while there is none or when it has been deleted.
        mark: what a new patient's data carries.
    """
    if action.wrong:
        return Outcome(HTTPStatus.BAD_REQUEST, data, naming=action.wrong)
    if action.method == "POST":
        return Outcome(HTTPStatus.CREATED, stored_data(action.sent(mark)), event="patient.created")
    if data is None:
        return Outcome(HTTPStatus.NOT_FOUND, None, message="Patient not found")
    if action.method == "PUT":
        return Outcome(HTTPStatus.OK, {**data, **action.sent(mark)}, event="patient.updated")
    if action.method == "DELETE":
        return Outcome(HTTPStatus.OK, None, event="patient.deleted", message="Patient deleted successfully")
    return Outcome(HTTPStatus.OK, data)


def outcomes(lifecycle: Lifecycle, mark: str) -> Iterator[Outcome]:
    """Yield what must come of each action of a lifecycle."""
    data: Data | None = None
    for each in lifecycle:
        expected = outcome(each, data, mark)
        data = expected.data
        yield expected


def event_counts(program: Program) -> Counter[str]:
    """Count the events that a program must leave: type -> how many, in the order in which they are first due."""
    return Counter(each.event for lifecycle in program for each in outcomes(lifecycle, mark="") if each.event)
