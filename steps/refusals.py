"""Steps about requests that the service must refuse."""

from behave import given, when
from behave.runner import Context

from bdd.domain.entity import Entity
from bdd.domain.resource import Resource
from bdd.domain.test_data import (
    a_change,
    as_json,
    example,
    field_of,
    fields_in,
    filtered,
    too_large_id,
    unreadable_body,
    unused_id,
    wrong_value,
)
from bdd.domain.world import world


@given("a {resource:Resource} that does not exist")
def unknown_id(context: Context, resource: Resource) -> None:
    """Let the following steps mean one with an id that no platform has given out."""
    world(context).add(Entity(resource, unused_id()))


@given("a {resource:Resource} whose id is too large")
def too_large(context: Context, resource: Resource) -> None:
    """Let the following steps mean one with an id that does not fit into 32 bits."""
    world(context).add(Entity(resource, too_large_id()))


@when("I try to create a {resource:Resource}")
def create_refused(context: Context, resource: Resource) -> None:
    """Send a new one that must be refused although its data is valid."""
    world(context).send(resource, "POST", resource.path, as_json(example(resource, world(context).mark)))


@when("I try to create a {resource:Resource} without {field:w}")
def create_without(context: Context, resource: Resource, field: str) -> None:
    """Send a new one that lacks a field."""
    data = example(resource, world(context).mark)
    data.pop(field_of(resource, field).name, None)
    world(context).create(resource, data)


@when("I try to create a {resource:Resource} whose {field:w} is {wrong}")
def create_with_wrong_type(context: Context, resource: Resource, field: str, wrong: str) -> None:
    """Send a new one in which a field has a wrong value: “a number”, “true”, “a list”, or a quoted text."""
    data = {**example(resource, world(context).mark), field_of(resource, field).name: wrong_value(wrong)}
    world(context).send(resource, "POST", resource.path, as_json(data))


@when("I try to change the {resource:Resource}'s {field:w} to {wrong}")
def change_to_wrong_type(context: Context, resource: Resource, field: str, wrong: str) -> None:
    """Send a change that gives a field a wrong value: “a number”, “nothing”, or a quoted text."""
    _send_change(context, resource, as_json({field_of(resource, field).name: wrong_value(wrong)}))


@when("I try to create a {resource:Resource} from {body}")
def create_from_unreadable(context: Context, resource: Resource, body: str) -> None:
    """Send a body that cannot be read: “JSON that is cut off”, “a web form”, “a list of names”."""
    unreadable = unreadable_body(resource, body, world(context).mark)
    world(context).send(resource, "POST", resource.path, unreadable)


@when("I try to change the {resource:Resource}'s data to")
def change_data_refused(context: Context, resource: Resource) -> None:
    """Send a change that must be refused, from a table with the columns field and value."""
    _send_change(context, resource, as_json(fields_in(resource, context.table, valid=False)))


@when("I try to change the {resource:Resource} with {body}")
def change_from_unreadable(context: Context, resource: Resource, body: str) -> None:
    """Send a change with a body that cannot be read: “a text that is not JSON”."""
    _send_change(context, resource, unreadable_body(resource, body, world(context).mark))


@when("I try to read the {resource:Resource}")
def read_refused(context: Context, resource: Resource) -> None:
    """Send a request to read that must be refused."""
    world(context).send(resource, "GET", world(context).the(resource).path)


@when("I try to read the {resource:Resources} with the {field:w} “{value}”")
def read_all_refused(context: Context, resource: Resource, field: str, value: str) -> None:
    """Send a request to read the list of those with a value that the field cannot have."""
    world(context).send(resource, "GET", filtered(resource, field, value, valid=False))


@when("I try to change the {resource:Resource}")
def change_refused(context: Context, resource: Resource) -> None:
    """Send a change that must be refused although its data is valid."""
    _send_change(context, resource, as_json(a_change(resource)))


@when("I try to delete the {resource:Resource}")
def delete_refused(context: Context, resource: Resource) -> None:
    """Send a request to delete that must be refused."""
    world(context).send(resource, "DELETE", world(context).the(resource).path)


def _send_change(context: Context, resource: Resource, body: str) -> None:
    world(context).send(resource, "PUT", world(context).the(resource).path, body)
