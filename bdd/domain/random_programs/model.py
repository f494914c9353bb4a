"""The model: the actions in the life of an entity, with the response and the event that the contract requires.

An action is a `When` step of the suite, in that step's own words.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as attribute
from http import HTTPStatus

from parse import parse

from bdd.api.exchange import Exchange
from bdd.domain.resource import Data, Resource, Value
from bdd.domain.step_types import NOUNS, a_resource
from bdd.domain.test_data import as_json, example, field_of, read_value, required_only, stored, wrong_value
from bdd.domain.world import World


@dataclass(frozen=True)
class Outcome:
    """The result of an action: the response, and what is published.

    Attributes:
        status: the response's status code.
        event: the type of the one event that is published, None for none.
        message: the response's message in place of the entity.
        naming: the field that the response's message must name.
    """

    status: HTTPStatus
    event: str | None = None
    message: str | None = None
    naming: str | None = None


@dataclass(frozen=True)
class Action:
    """One request about an entity.

    Attributes:
        words: the step.
        resource: what the entity is.
        send: sends the request, about the world's last entity of the resource unless it creates one.
        outcome: takes the entity's data before the action, None if it does not exist; returns the outcome, and the
            data after it.
    """

    words: str
    resource: Resource = attribute(compare=False)
    send: Callable[[World], Exchange] = attribute(compare=False)
    outcome: Callable[[Data | None], tuple[Outcome, Data | None]] = attribute(compare=False)


Lifecycle = tuple[Action, ...]
"""The actions on one entity, one after the other."""

Program = tuple[Lifecycle, ...]
"""Lifecycles that are carried out at the same time."""


def _create(words: str, resource: Resource, make: Callable[[str], Data]) -> Action:
    def outcome(_: Data | None) -> tuple[Outcome, Data | None]:
        data = stored(resource, make(""))
        return Outcome(HTTPStatus.CREATED, event=resource.published("POST", {}, data)), data

    return Action(words, resource, lambda world: world.create(resource, make(world.mark)), outcome)


def _change(words: str, resource: Resource, field: str, value: Value) -> Action:
    def outcome(before: Data) -> tuple[Outcome, Data]:
        after = {**before, field: value}
        return Outcome(HTTPStatus.OK, event=resource.published("PUT", before, after)), after

    def send(world: World) -> Exchange:
        return world.update(world.the(resource), {field: value})

    return _of_existing(words, resource, send, outcome)


def _read(words: str, resource: Resource) -> Action:
    def send(world: World) -> Exchange:
        return world.send(resource, "GET", world.the(resource).path)

    return _of_existing(words, resource, send, lambda data: (Outcome(HTTPStatus.OK), data))


def _delete(words: str, resource: Resource) -> Action:
    def outcome(data: Data) -> tuple[Outcome, None]:
        event = resource.published("DELETE", data, data)
        return Outcome(HTTPStatus.OK, event, _message(resource, "DELETE", HTTPStatus.OK)), None

    return _of_existing(words, resource, lambda world: world.delete(world.the(resource)), outcome)


def _of_existing(
    words: str,
    resource: Resource,
    send: Callable[[World], Exchange],
    outcome: Callable[[Data], tuple[Outcome, Data | None]],
) -> Action:
    """Return an action whose outcome is 404 when the entity does not exist."""
    missing = Outcome(HTTPStatus.NOT_FOUND, message=_message(resource, "GET", HTTPStatus.NOT_FOUND))
    return Action(words, resource, send, lambda data: (missing, None) if data is None else outcome(data))


def _refused(words: str, resource: Resource, field: str, send: Callable[[World], Exchange]) -> Action:
    outcome = Outcome(HTTPStatus.BAD_REQUEST, naming=field_of(resource, field).name)
    return Action(words, resource, send, lambda data: (outcome, data))


def _create_without(words: str, resource: Resource, field: str) -> Action:
    def send(world: World) -> Exchange:
        data = {key: value for key, value in example(resource, world.mark).items() if key != field}
        return world.create(resource, data)

    return _refused(words, resource, field, send)


def _create_wrong(words: str, resource: Resource, field: str, wrong: str) -> Action:
    def send(world: World) -> Exchange:
        data = {**example(resource, world.mark), field: wrong_value(wrong)}
        return world.send(resource, "POST", resource.path, as_json(data))

    return _refused(words, resource, field, send)


def _change_wrong(words: str, resource: Resource, field: str, wrong: str) -> Action:
    def send(world: World) -> Exchange:
        return world.send(resource, "PUT", world.the(resource).path, as_json({field: wrong_value(wrong)}))

    return _refused(words, resource, field, send)


def _message(resource: Resource, method: str, status: int) -> str | None:
    return resource.api.message(method, f"{resource.path}/{{id}}", status)


_ACTIONS: Mapping[str, Callable[..., Action]] = {
    "I create a {resource:Resource}": lambda words, resource: _create(
        words, resource, lambda mark: example(resource, mark)
    ),
    "I create a {resource:Resource} with only the required fields": lambda words, resource: _create(
        words, resource, lambda mark: required_only(resource, mark)
    ),
    "I try to create a {resource:Resource} without {field:w}": _create_without,
    "I try to create a {resource:Resource} whose {field:w} is {wrong}": _create_wrong,
    "I change the {resource:Resource}'s {field:w} to “{value}”": lambda words, resource, field, value: _change(
        words, resource, field, read_value(resource, field, value)
    ),
    "I clear the {resource:Resource}'s {field:w}": lambda words, resource, field: _change(
        words, resource, field_of(resource, field).name, None
    ),
    "I try to change the {resource:Resource}'s {field:w} to {wrong}": _change_wrong,
    "I read the {resource:Resource}": _read,
    "I delete the {resource:Resource}": _delete,
}

PATTERNS = tuple(_ACTIONS)
"""The steps that actions can be; a test holds that each is a step of the suite."""


def action(words: str) -> Action:
    """Return the action that a step describes.

    Raises:
        AssertionError: the step is not an action, or names what the contract does not have.
    """
    for pattern, make in _ACTIONS.items():
        if found := parse(pattern, words, {"Resource": a_resource}):
            return make(words, **found.named)
    known = "; ".join(PATTERNS).replace("{resource:Resource}", NOUNS.replace("|", "/"))
    raise AssertionError(f"“{words}” is not an action of a lifecycle; there are: {known}")


def outcomes(lifecycle: Lifecycle) -> Iterator[Outcome]:
    """Yield the outcome of each action of a lifecycle."""
    data: Data | None = None
    for each in lifecycle:
        expected, data = each.outcome(data)
        yield expected


def event_counts(program: Program) -> Counter[str]:
    """Count the events of a program: type -> number, in the order in which the types occur first."""
    return Counter(each.event for lifecycle in program for each in outcomes(lifecycle) if each.event)
