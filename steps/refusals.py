"""Steps about requests that the service must refuse."""

from behave import given, when
from behave.runner import Context

from bdd.domain.patients import Patient, as_json, synthetic_data, too_large_patient, unknown_patient, wrong_value
from bdd.domain.world import world


@given("an id that no patient has")
def unknown_id(context: Context) -> None:
    _speak_of(context, unknown_patient())


@given("an id that is too large for any patient")
def too_large_id(context: Context) -> None:
    _speak_of(context, too_large_patient())


@when("I try to create a patient without {field:w}")
def create_without(context: Context, field: str) -> None:
    data = synthetic_data(world(context).mark)
    del data[field]
    world(context).create_patient(data)


@when("I try to create a patient whose {field:w} is {wrong}")
def create_with_wrong_type(context: Context, field: str, wrong: str) -> None:
    data = {**synthetic_data(world(context).mark), field: wrong_value(wrong)}
    world(context).send("POST", "/api/patients", as_json(data))


@when("I try to change the patient's {field:w} to {wrong}")
def change_to_wrong_type(context: Context, field: str, wrong: str) -> None:
    body = as_json({field: wrong_value(wrong)})
    world(context).send("PUT", world(context).patient.path, body)


@when("I send as a new patient")
def create_from_text(context: Context) -> None:
    world(context).send("POST", "/api/patients", f"{context.text}".replace("Mustermann", world(context).mark))


@when("I send as a change of the patient")
def change_from_text(context: Context) -> None:
    world(context).send("PUT", world(context).patient.path, f"{context.text}")


@when("I send a request to {method} it")
def request_unknown(context: Context, method: str) -> None:
    verb = {"read": "GET", "change": "PUT", "delete": "DELETE"}[method]
    body = as_json({"telefon": "+49 30 5550199"}) if verb == "PUT" else None
    world(context).send(verb, world(context).patient.path, body)


def _speak_of(context: Context, patient: Patient) -> None:
    world(context).patients.append(patient)
    world(context).watch(patient)
