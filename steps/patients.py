"""Steps that act on patients."""

from behave import given, when
from behave.runner import Context
from hamcrest import assert_that, has_length

from bdd.domain.patients import Value, fields_in, synthetic_data
from bdd.domain.world import World, world
from bdd.verdict.checks import check_published


@given("a patient")
def a_patient(context: Context) -> None:
    _have_patients(world(context), 1)


@given("{count:d} patients")
def some_patients(context: Context, count: int) -> None:
    _have_patients(world(context), count)


@given("a patient with the status “{status}”")
def a_patient_with_status(context: Context, status: str) -> None:
    _have_patients(world(context), 1, status=status)


@when("I create a patient")
def create_patient(context: Context) -> None:
    world(context).create_patient(synthetic_data(world(context).mark))


@when("I create a patient with")
def create_patient_with(context: Context) -> None:
    world(context).create_patient(synthetic_data(world(context).mark) | fields_in(context.table))


@when("I create a patient with nothing but the names")
def create_patient_with_names(context: Context) -> None:
    data = synthetic_data(world(context).mark)
    world(context).create_patient({"vorname": data["vorname"], "nachname": data["nachname"]})


@when("I create a patient whose {field:w} has {length:d} characters")
def create_patient_with_long_field(context: Context, field: str, length: int) -> None:
    world(context).create_patient(synthetic_data(world(context).mark) | {field: "Ä" * length})


@when("I create {count:d} patients at once")
def create_patients(context: Context, count: int) -> None:
    world(context).create_patients([synthetic_data(world(context).mark)] * count)


@when("I change the patient's {field:w} to “{value}”")
def change_field(context: Context, field: str, value: str) -> None:
    world(context).update_patient(world(context).patient, {field: value})


@when("I change the patient's data to")
def change_data(context: Context) -> None:
    world(context).update_patient(world(context).patient, fields_in(context.table))


@when("I clear the patient's {field:w}")
def clear_field(context: Context, field: str) -> None:
    world(context).update_patient(world(context).patient, {field: None})


@when("I change the patient's telefon {count:d} times in a row")
def change_often(context: Context, count: int) -> None:
    for number in range(count):
        world(context).update_patient(world(context).patient, {"telefon": f"+49 30 5550{number:03}"})


@when("I change every patient's status to “{status}”")
def change_all(context: Context, status: str) -> None:
    for patient in world(context).patients:
        world(context).update_patient(patient, {"status": status})


@when("I change the patient's status step by step to")
def change_status_through(context: Context) -> None:
    for row in context.table or ():
        world(context).update_patient(world(context).patient, {"status": row["status"]})


@when("I delete the patient")
def delete_patient(context: Context) -> None:
    world(context).delete_patient(world(context).patient)


@when("I read the patient")
def read_patient(context: Context) -> None:
    world(context).send("GET", world(context).patient.path)


@when("I read all patients")
def read_patients(context: Context) -> None:
    world(context).send("GET", "/api/patients")


@when("I read the patients with the status “{status}”")
def read_patients_with_status(context: Context, status: str) -> None:
    world(context).send("GET", f"/api/patients?status={status}")


def _have_patients(scenario: World, count: int, **fields: Value) -> None:
    """Create patients and see their events, so that later steps cannot take those for their own."""
    had = len(scenario.patients)
    scenario.create_patients([synthetic_data(scenario.mark) | fields] * count)
    assert_that(scenario.patients[had:], has_length(count), f"patients created ({scenario.response})")
    check_published(scenario.observer, "patient.created", scenario.deadline(), count)
