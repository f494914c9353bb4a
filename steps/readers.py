"""Steps about a reader: another service that hears of a patient and asks for it at once."""

from behave import given, then
from behave.runner import Context

from bdd.domain.world import world


@given("another service that reads the patient as soon as an event comes")
def a_reader(context: Context) -> None:
    world(context).start_reader()


@then("the other service finds what the event says")
def reader_finds(context: Context) -> None:
    reader = world(context).reader
    assert reader, (
        "there is no reader: begin with “Given another service that reads the patient as soon as an event comes”"
    )
    reader.check(world(context).patient)
