"""Steps about a reader: another service that receives an event and reads what it is about at once."""

from behave import given, then
from behave.runner import Context

from bdd.domain.resource import Resource
from bdd.domain.world import world


@given("another service that reads the {resource:Resource} as soon as an event comes")
def a_reader(context: Context, resource: Resource) -> None:
    """Start a reader that waits for the scenario's next event and then sends a GET request for what it is about."""
    world(context).start_reader(resource)


@then("the other service finds what the event says")
def reader_finds(context: Context) -> None:
    """See that the reader found it as the event shows it, or nothing after a deletion."""
    reader = world(context).reader
    assert reader, (
        "there is no reader: begin with “Given another service that reads the patient as soon as an event comes”"
    )
    reader.check(world(context).the(reader.resource))
