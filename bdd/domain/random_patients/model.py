"""The model: the actions in a patient's lifecycle, with the response and the event that the contract requires.

An action is a `When` step of the suite, in that step's own words.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

from parse import parse

from bdd.api.exchange import Exchange
from bdd.domain.patients import PATIENTS, as_json, synthetic_data, wrong_value
from bdd.domain.world import World


@dataclass(frozen=True)
class Outcome:
    """The result of an action: the response, and what is published.

    Attributes:
        status: the response's status code.
        event: the type of the one event that is published, None for none.
        message: the response's message in place of the patient.
        naming: the field that the response's message must name.
    """

    status: HTTPStatus
    event: str | None = None
    message: str | None = None
    naming: str | None = None


@dataclass(frozen=True)
class Action:
    """One request about a patient.

    Attributes:
        words: the step.
        send: sends the request, about the world's patient unless it creates one.
        outcome: the outcome if the patient exists.
    """

    words: str
    send: Callable[[World], Exchange] = field(compare=False)
    outcome: Outcome = field(compare=False)


Lifecycle = tuple[Action, ...]
"""The actions on one patient, one after the other."""

Program = tuple[Lifecycle, ...]
"""Lifecycles that are carried out at the same time."""

_CREATED = Outcome(HTTPStatus.CREATED, event="patient.created")
_UPDATED = Outcome(HTTPStatus.OK, event="patient.updated")
_DELETED = Outcome(HTTPStatus.OK, event="patient.deleted", message="Patient deleted successfully")
_READ = Outcome(HTTPStatus.OK)
_NOT_FOUND = Outcome(HTTPStatus.NOT_FOUND, message="Patient not found")

_Made = tuple[Callable[[World], Exchange], Outcome]


def _create(world: World, without: Sequence[str] = ()) -> Exchange:
    data = synthetic_data(world.mark)
    return world.create_patient({name: value for name, value in data.items() if name not in without})


def _change(field: str, value: str | None) -> _Made:
    return lambda world: world.update_patient(world.patient, {field: value}), _UPDATED


def _refused(field: str) -> Outcome:
    return Outcome(HTTPStatus.BAD_REQUEST, naming=field)


_ACTIONS: Mapping[str, Callable[..., _Made]] = {
    "I create a patient": lambda: (_create, _CREATED),
    "I create a patient with nothing but the names": lambda: (
        lambda world: _create(world, without=("anrede", "email", "telefon")),
        _CREATED,
    ),
    "I try to create a patient without {field:w}": lambda field: (
        lambda world: _create(world, without=(field,)),
        _refused(field),
    ),
    "I try to create a patient whose {field:w} is {wrong}": lambda field, wrong: (
        lambda world: world.send(
            "POST", PATIENTS, as_json(synthetic_data(world.mark) | {field: wrong_value(wrong)})
        ),
        _refused(field),
    ),
    "I change the patient's {field:w} to “{value}”": _change,
    "I clear the patient's {field:w}": lambda field: _change(field, None),
    "I try to change the patient's {field:w} to {wrong}": lambda field, wrong: (
        lambda world: world.send("PUT", world.patient.path, as_json({field: wrong_value(wrong)})),
        _refused(field),
    ),
    "I read the patient": lambda: (lambda world: world.send("GET", world.patient.path), _READ),
    "I delete the patient": lambda: (lambda world: world.delete_patient(world.patient), _DELETED),
}

PATTERNS = tuple(_ACTIONS)
"""The steps that actions can be; a test holds that each is a step of the suite."""


def action(words: str) -> Action:
    """Return the action that a step describes.

    Raises:
        AssertionError: the step is not an action.
    """
    for pattern, make in _ACTIONS.items():
        if found := parse(pattern, words):
            return Action(words, *make(**found.named))
    raise AssertionError(f"“{words}” is not an action of a lifecycle; there are: {'; '.join(PATTERNS)}")


def outcomes(lifecycle: Lifecycle) -> Iterator[Outcome]:
    """Yield the outcome of each action of a lifecycle."""
    exists = False
    for each in lifecycle:
        always = each.outcome is _CREATED or each.outcome.naming
        expected = each.outcome if exists or always else _NOT_FOUND
        exists = expected is _CREATED or (exists and expected is not _DELETED)
        yield expected


def event_counts(program: Program) -> Counter[str]:
    """Count the events of a program: type -> number, in the order in which the types occur first."""
    return Counter(each.event for lifecycle in program for each in outcomes(lifecycle) if each.event)
