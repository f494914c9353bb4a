"""Steps about a reader: another service that receives a patient's event and reads the patient at once."""

from behave import given, then
from behave.runner import Context

from bdd.domain.world import world


@given("another service that reads the patient as soon as an event comes")
def a_reader(context: Context) -> None:
    """Start a reader that waits for the scenario's next event and then sends a GET request for its patient."""
    world(context).start_reader()


@then("the other service finds what the event says")
def reader_finds(context: Context) -> None:
    """See that the reader found the patient as the event shows it, or no patient after a deletion."""
    reader = world(context).reader
    assert reader, (
        "there is no reader: begin with “Given another service that reads the patient as soon as an event comes”"
    )
    reader.check(world(context).patient)
