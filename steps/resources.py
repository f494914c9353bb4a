"""Steps that act on a resource: a patient, a therapist."""

from behave import given, when
from behave.runner import Context
from hamcrest import assert_that

from bdd.domain.resource import Resource, Value
from bdd.domain.responses import creates
from bdd.domain.test_data import (
    a_change,
    another_value,
    example,
    field_of,
    fields_in,
    filtered,
    read_value,
    required_only,
    unknown_field,
)
from bdd.domain.world import World, world
from bdd.verdict.checks import check_published


@given("a {resource:Resource}")
def an_entity(context: Context, resource: Resource) -> None:
    """Create one, and see its event, so that later steps cannot take that for their own."""
    _have(world(context), resource, 1)


@given("{count:d} {resource:Resources}")
def several_entities(context: Context, count: int, resource: Resource) -> None:
    """Create several at the same time, and see their events."""
    _have(world(context), resource, count)


@given("a {resource:Resource} with the {field:w} “{value}”")
def an_entity_with(context: Context, resource: Resource, field: str, value: str) -> None:
    """Create one with this value in a field, and see its event."""
    _have(world(context), resource, 1, **{field: read_value(resource, field, value)})


@when("I create a {resource:Resource}")
def create(context: Context, resource: Resource) -> None:
    """Create one with synthetic data."""
    world(context).create(resource, example(resource, world(context).mark))


@when("I create a {resource:Resource} with")
def create_with(context: Context, resource: Resource) -> None:
    """Create one with synthetic data and the fields of a table with the columns field and value."""
    data = example(resource, world(context).mark) | fields_in(resource, context.table)
    world(context).create(resource, data)


@when("I create a {resource:Resource} with only the required fields")
def create_with_required_fields(context: Context, resource: Resource) -> None:
    """Create one that has only the fields that the contract requires."""
    world(context).create(resource, required_only(resource, world(context).mark))


@when("I create a {resource:Resource} with the unknown field “{field}”")
def create_with_unknown_field(context: Context, resource: Resource, field: str) -> None:
    """Create one with synthetic data and a field that the contract does not have."""
    world(context).create(resource, example(resource, world(context).mark) | unknown_field(resource, field))


@when("I create a {resource:Resource} whose {field:w} has {length:d} characters")
def create_with_long_field(context: Context, resource: Resource, field: str, length: int) -> None:
    """Create one with synthetic data and a field of this length."""
    world(context).create(
        resource, example(resource, world(context).mark) | {field_of(resource, field).name: "Ä" * length}
    )


@when("I create {count:d} {resource:Resources} at once")
def create_several(context: Context, count: int, resource: Resource) -> None:
    """Create several with synthetic data, by requests that are sent at the same time."""
    world(context).create_several(resource, [example(resource, world(context).mark)] * count)


@when("I change the {resource:Resource}'s {field:w} to “{value}”")
def change_field(context: Context, resource: Resource, field: str, value: str) -> None:
    """Change one field."""
    world(context).update(world(context).the(resource), {field: read_value(resource, field, value)})


@when("I change the {resource:Resource}'s data to")
def change_data(context: Context, resource: Resource) -> None:
    """Change the fields in a table with the columns field and value."""
    world(context).update(world(context).the(resource), fields_in(resource, context.table))


@when("I change the {resource:Resource} and give the unknown field “{field}” too")
def change_with_unknown_field(context: Context, resource: Resource, field: str) -> None:
    """Change a field that the contract has, and send one that it does not have."""
    world(context).update(world(context).the(resource), a_change(resource) | unknown_field(resource, field))


@when("I clear the {resource:Resource}'s {field:w}")
def clear_field(context: Context, resource: Resource, field: str) -> None:
    """Set a field to null."""
    world(context).update(world(context).the(resource), {field_of(resource, field).name: None})


@when("I change the {resource:Resource}'s {field:w} {count:d} times in a row")
def change_often(context: Context, resource: Resource, field: str, count: int) -> None:
    """Change a field so many times, one request after the other."""
    for number in range(count):
        world(context).update(world(context).the(resource), {field: another_value(resource, field, number)})


@when("I change every {resource:Resource}'s {field:w} to “{value}”")
def change_all(context: Context, resource: Resource, field: str, value: str) -> None:
    """Change a field of each one of the scenario, one after the other."""
    for entity in world(context).existing(resource):
        world(context).update(entity, {field: read_value(resource, field, value)})


@when("I change the {resource:Resource}'s {field:w} step by step to")
def change_step_by_step(context: Context, resource: Resource, field: str) -> None:
    """Change a field again and again, to the values in a table with that column."""
    for row in context.table or ():
        world(context).update(world(context).the(resource), {field: read_value(resource, field, row[field])})


@when("I delete the {resource:Resource}")
def delete(context: Context, resource: Resource) -> None:
    """Delete it."""
    world(context).delete(world(context).the(resource))


@when("I read the {resource:Resource}")
def read(context: Context, resource: Resource) -> None:
    """Read it."""
    world(context).send(resource, "GET", world(context).the(resource).path)


@when("I read all {resource:Resources}")
def read_all(context: Context, resource: Resource) -> None:
    """Read the list of all."""
    world(context).send(resource, "GET", resource.path)


@when("I read the {resource:Resources} with the {field:w} “{value}”")
def read_all_with(context: Context, resource: Resource, field: str, value: str) -> None:
    """Read the list of those with this value in a field."""
    world(context).send(resource, "GET", filtered(resource, field, value))


def _have(scenario: World, resource: Resource, count: int, **fields: Value) -> None:
    for exchange in scenario.create_several(resource, [example(resource, scenario.mark) | fields] * count):
        assert_that(exchange, creates(resource))
    check_published(scenario.observer, f"{resource.noun}.created", scenario.deadline(), count)
