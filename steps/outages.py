"""Steps about an outage of the platform's database."""

from behave import given, then, when
from behave.runner import Context
from hamcrest import assert_that

from bdd.domain.responses import has_status, in_time
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
    assert_that(world(context).response, has_status(status))
    assert_that(world(context).response, in_time(world(context).deadline(seconds)))
