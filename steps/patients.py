"""Steps that act on patients."""

from behave import given, when
from behave.runner import Context
from hamcrest import assert_that, has_length

from bdd.domain.patients import PATIENTS, Value, fields_in, synthetic_data
from bdd.domain.world import World, world
from bdd.verdict.checks import check_published


@given("a patient")
@given("{count:d} patients")
def a_patient(context: Context, count: int = 1) -> None:
    """Create patients, and see their events, so that later steps cannot take those for their own."""
    _have_patients(world(context), count)


@given("a patient with the status “{status}”")
def a_patient_with_status(context: Context, status: str) -> None:
    """Create a patient with a status, and see its event."""
    _have_patients(world(context), 1, status=status)


@when("I create a patient")
def create_patient(context: Context) -> None:
    """Create a patient with synthetic data."""
    world(context).create_patient(synthetic_data(world(context).mark))


@when("I create a patient with")
def create_patient_with(context: Context) -> None:
    """Create a patient with synthetic data and the fields of a table with the columns field and value."""
    world(context).create_patient(synthetic_data(world(context).mark) | fields_in(context.table))


@when("I create a patient with nothing but the names")
def create_patient_with_names(context: Context) -> None:
    """Create a patient that has only vorname and nachname."""
    data = synthetic_data(world(context).mark)
    world(context).create_patient({"vorname": data["vorname"], "nachname": data["nachname"]})


@when("I create a patient whose {field:w} has {length:d} characters")
def create_patient_with_long_field(context: Context, field: str, length: int) -> None:
    """Create a patient with synthetic data and a field of this length."""
    world(context).create_patient(synthetic_data(world(context).mark) | {field: "Ä" * length})


@when("I create {count:d} patients at once")
def create_patients(context: Context, count: int) -> None:
    """Create patients with synthetic data, by requests that are sent at the same time."""
    world(context).create_patients([synthetic_data(world(context).mark)] * count)


@when("I change the patient's {field:w} to “{value}”")
def change_field(context: Context, field: str, value: str) -> None:
    """Change one field of the patient."""
    world(context).update_patient(world(context).patient, {field: value})


@when("I change the patient's data to")
def change_data(context: Context) -> None:
    """Change the fields in a table with the columns field and value."""
    world(context).update_patient(world(context).patient, fields_in(context.table))


@when("I clear the patient's {field:w}")
def clear_field(context: Context, field: str) -> None:
    """Set a field of the patient to null."""
    world(context).update_patient(world(context).patient, {field: None})


@when("I change the patient's telefon {count:d} times in a row")
def change_often(context: Context, count: int) -> None:
    """Change telefon so many times, one request after the other."""
    for number in range(count):
        world(context).update_patient(world(context).patient, {"telefon": f"+49 30 5550{number:03}"})


@when("I change every patient's status to “{status}”")
def change_all(context: Context, status: str) -> None:
    """Change the status of each of the scenario's patients, one after the other."""
    for patient in world(context).patients:
        world(context).update_patient(patient, {"status": status})


@when("I change the patient's status step by step to")
def change_status_through(context: Context) -> None:
    """Change the status again and again, to the values of a table with the column status."""
    for row in context.table or ():
        world(context).update_patient(world(context).patient, {"status": row["status"]})


@when("I delete the patient")
def delete_patient(context: Context) -> None:
    """Delete the patient."""
    world(context).delete_patient(world(context).patient)


@when("I read the patient")
def read_patient(context: Context) -> None:
    """Read the patient."""
    world(context).send("GET", world(context).patient.path)


@when("I read all patients")
def read_patients(context: Context) -> None:
    """Read the list of all patients."""
    world(context).send("GET", PATIENTS)


@when("I read the patients with the status “{status}”")
def read_patients_with_status(context: Context, status: str) -> None:
    """Read the list of the patients with a status."""
    world(context).send("GET", f"{PATIENTS}?status={status}")


def _have_patients(scenario: World, count: int, **fields: Value) -> None:
    had = len(scenario.patients)
    scenario.create_patients([synthetic_data(scenario.mark) | fields] * count)
    assert_that(scenario.patients[had:], has_length(count), f"patients created ({scenario.response})")
    check_published(scenario.observer, "patient.created", scenario.deadline(), count)
