"""Steps about the service's responses."""

from behave import then
from behave.runner import Context
from hamcrest import assert_that

from bdd.domain.resource import Resource
from bdd.domain.responses import has_message, has_status, lists, lists_exactly, lists_only, refuses, shows
from bdd.domain.world import world


@then("the service refuses with {status:d}, naming “{name}”")
def refuses_naming(context: Context, status: int, name: str) -> None:
    """See that the last response has the status and an error message that names the field."""
    assert_that(world(context).response, refuses(status, name))


@then("the service responds with {status:d}")
def responds_status(context: Context, status: int) -> None:
    """Compare the status of the last response."""
    assert_that(world(context).response, has_status(status))


@then("the service responds with {status:d} “{message}”")
def responds_with_message(context: Context, status: int, message: str) -> None:
    """Compare the status of the last response and its message."""
    assert_that(world(context).response, has_status(status))
    assert_that(world(context).response, has_message(message))


@then("the service responds with the {resource:Resource}")
def responds_with(context: Context, resource: Resource) -> None:
    """Compare the last response with the patient or therapist, to the last field."""
    assert_that(world(context).response, shows(world(context).the(resource)))


@then("the service responds with a list that has the {resource:Resource}")
def responds_with_list(context: Context, resource: Resource) -> None:
    """See that the last response lists it once, right to the last field."""
    assert_that(world(context).response, lists(world(context).the(resource)))


@then("every {resource:Resource} in the list has the {field:w} “{value}”")
def list_has_only(context: Context, resource: Resource, field: str, value: str) -> None:
    """See that the last response lists none with another value in a field."""
    assert_that(world(context).response, lists_only(resource, field, value))


@then("the stored {resource:Resource} is unchanged")
def is_unchanged(context: Context, resource: Resource) -> None:
    """Read it and compare it, to the last field."""
    world(context).send(resource, "GET", world(context).the(resource).path)
    responds_with(context, resource)


@then("the service stores each {resource:Resource} of this scenario exactly once")
def stores_each(context: Context, resource: Resource) -> None:
    """Read all: each of the scenario's is there once, unchanged, and no other one of the scenario."""
    assert world(context).existing(resource), f"this scenario has no {resource.noun} that is not deleted"
    _assert_stored(context, resource)


@then("the service stores no {resource:Resource} of this scenario")
def stores_none(context: Context, resource: Resource) -> None:
    """Read all: none of the scenario's is there."""
    assert not world(context).existing(resource), f"this scenario has a {resource.noun} that is not deleted"
    _assert_stored(context, resource)


def _assert_stored(context: Context, resource: Resource) -> None:
    scenario = world(context)
    scenario.send(resource, "GET", resource.path)
    assert_that(scenario.response, lists_exactly(resource, scenario.mark, scenario.existing(resource)))
