"""Steps about an outage of the platform's database."""

from behave import given, then, when
from behave.runner import Context
from hamcrest import assert_that

from bdd.domain.resource import Resource
from bdd.domain.responses import Response, has_status, in_time, lists, or_unavailable, shows
from bdd.domain.world import world


@given("the database is away")
def database_away(context: Context) -> None:
    """Take the database away; the service runs on, and cannot store anything."""
    world(context).take_database_away()


@when("the database is back")
def database_back(context: Context) -> None:
    """Bring the database back, and wait until the service can use it again."""
    world(context).bring_database_back()


@then("the service responds with {status:d} within {seconds:g} seconds")
def responds_in_time(context: Context, status: int, seconds: float) -> None:
    """Compare the status of the last response, and see how long it took."""
    _assert_in_time(context, has_status(status), seconds)


@then("the service responds with the {resource:Resource} or with 503 within {seconds:g} seconds")
def responds_or_is_unavailable(context: Context, resource: Resource, seconds: float) -> None:
    """See that the last response shows it as it is stored, or is a refusal with 503, and how long it took."""
    _assert_in_time(context, or_unavailable(shows(world(context).the(resource))), seconds)


@then("the service responds with a list that has the {resource:Resource} or with 503 within {seconds:g} seconds")
def lists_or_is_unavailable(context: Context, resource: Resource, seconds: float) -> None:
    """See that the last response lists it as it is stored, or is a refusal with 503, and how long it took."""
    _assert_in_time(context, or_unavailable(lists(world(context).the(resource))), seconds)


def _assert_in_time(context: Context, expected: Response, seconds: float) -> None:
    assert_that(world(context).response, expected)
    assert_that(world(context).response, in_time(world(context).deadline(seconds)))
