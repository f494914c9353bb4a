"""The model: what the contract requires of every action in a patient's life."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from bdd.domain.patients import Value, stored_data
from bdd.domain.random_patients.actions import Action, Life, Story

Data = Mapping[str, Value]


@dataclass(frozen=True)
class Outcome:
    """What must come of an action.

    Attributes:
        status: the answer's status code.
        data: the patient from now on, None while there is none.
        event: the type of the one event that is published, None for none.
        message: what the answer says in place of the patient.
        naming: the field that the answer's message must name.
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


def outcomes(life: Life, mark: str) -> Iterator[Outcome]:
    """Yield what must come of each action of a life."""
    data: Data | None = None
    for each in life:
        expected = outcome(each, data, mark)
        data = expected.data
        yield expected


def event_counts(story: Story) -> Counter[str]:
    """Count the events that a story must leave: type -> how many, in the order in which they are first due."""
    return Counter(each.event for life in story for each in outcomes(life, mark="") if each.event)
