"""Steps about requests that the service must refuse."""

from behave import given, when
from behave.runner import Context

from bdd.domain.patients import (
    PATIENTS,
    as_json,
    fields_in,
    synthetic_data,
    too_large_patient,
    unknown_patient,
    unreadable_body,
    wrong_value,
)
from bdd.domain.world import world


@given("a patient that does not exist")
def unknown_id(context: Context) -> None:
    """Let the following steps mean a patient with an id that no platform has given out."""
    world(context).add(unknown_patient())


@given("a patient whose id is too large")
def too_large_id(context: Context) -> None:
    """Let the following steps mean a patient with an id that does not fit into 32 bits."""
    world(context).add(too_large_patient())


@when("I try to create a patient without {field:w}")
def create_without(context: Context, field: str) -> None:
    """Send a new patient that lacks a field."""
    data = synthetic_data(world(context).mark)
    del data[field]
    world(context).create_patient(data)


@when("I try to create a patient whose {field:w} is {wrong}")
def create_with_wrong_type(context: Context, field: str, wrong: str) -> None:
    """Send a new patient in which a field has a wrong value: “a number”, “true”, “a list”, or a quoted text."""
    data = {**synthetic_data(world(context).mark), field: wrong_value(wrong)}
    world(context).send("POST", PATIENTS, as_json(data))


@when("I try to change the patient's {field:w} to {wrong}")
def change_to_wrong_type(context: Context, field: str, wrong: str) -> None:
    """Send a change that gives a field a wrong value: “a number”, “nothing”, or a quoted text."""
    body = as_json({field: wrong_value(wrong)})
    world(context).send("PUT", world(context).patient.path, body)


@when("I try to create a patient from {body}")
def create_from_unreadable(context: Context, body: str) -> None:
    """Send a body that is not a patient: “JSON that is cut off”, “a web form”, “a list of names”."""
    world(context).send("POST", PATIENTS, unreadable_body(body, world(context).mark))


@when("I try to change the patient's data to")
def change_data_refused(context: Context) -> None:
    """Send a change that must be refused, from a table with the columns field and value."""
    world(context).send("PUT", world(context).patient.path, as_json(fields_in(context.table)))


@when("I try to change the patient with {body}")
def change_from_unreadable(context: Context, body: str) -> None:
    """Send a change with a body that is not a patient: “a text that is not JSON”."""
    world(context).send("PUT", world(context).patient.path, unreadable_body(body, world(context).mark))


@when("I try to {method:w} the patient")
def request_unknown(context: Context, method: str) -> None:
    """Send a request that must be refused: read, change or delete."""
    verb = {"read": "GET", "change": "PUT", "delete": "DELETE"}[method]
    body = as_json({"telefon": "+49 30 5550199"}) if verb == "PUT" else None
    world(context).send(verb, world(context).patient.path, body)
