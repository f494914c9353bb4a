"""Steps about the service's responses."""

from behave import then
from behave.runner import Context
from hamcrest import assert_that

from bdd.domain.patients import PATIENTS
from bdd.domain.responses import (
    has_message,
    has_status,
    is_patient,
    lists_exactly,
    lists_only,
    lists_patient,
    refuses,
)
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


@then("the service responds with the patient")
def responds_with_patient(context: Context) -> None:
    """Compare the last response with the patient, to the last field."""
    patient = world(context).patient
    assert_that(world(context).response, is_patient(patient.id, patient.data))


@then("the service responds with a list that has the patient")
def responds_with_list(context: Context) -> None:
    """See that the last response lists the patient once, right to the last field."""
    patient = world(context).patient
    assert_that(world(context).response, lists_patient(patient.id, patient.data))


@then("every patient in the list has the status “{status}”")
def list_has_status(context: Context, status: str) -> None:
    """See that the last response lists no patient with another status."""
    assert_that(world(context).response, lists_only(status))


@then("the stored patient is unchanged")
def service_has_patient(context: Context) -> None:
    """Read the patient and compare it, to the last field."""
    world(context).send("GET", world(context).patient.path)
    responds_with_patient(context)


@then("the service stores each patient of this scenario exactly once")
def service_keeps_each(context: Context) -> None:
    """Read all patients: each of the scenario's is there once, unchanged, and no other one of the scenario."""
    assert world(context).existing, "this scenario has no patient that is not deleted"
    _assert_kept(context)


@then("the service stores no patient of this scenario")
def service_keeps_none(context: Context) -> None:
    """Read all patients: none of the scenario is there."""
    assert not world(context).existing, "this scenario has a patient that is not deleted"
    _assert_kept(context)


def _assert_kept(context: Context) -> None:
    scenario = world(context)
    scenario.send("GET", PATIENTS)
    assert_that(scenario.response, lists_exactly(scenario.mark, scenario.existing))
