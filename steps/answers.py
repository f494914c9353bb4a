"""Steps about what the service answers."""

from behave import then
from behave.runner import Context
from hamcrest import assert_that

from bdd.api.matchers import answers, answers_message, answers_patient, lists_only, lists_patient, refuses
from bdd.world import world


@then("the service refuses with {status:d}, naming “{name}”")
def refuses_naming(context: Context, status: int, name: str) -> None:
    assert_that(world(context).answer, refuses(status, name))


@then("the service answers {status:d}")
def answers_status(context: Context, status: int) -> None:
    assert_that(world(context).answer, answers(status))


@then("the service answers {status:d} with “{message}”")
def answers_with_message(context: Context, status: int, message: str) -> None:
    assert_that(world(context).answer, answers(status))
    assert_that(world(context).answer, answers_message(message))


@then("the service answers with the patient")
def answers_with_patient(context: Context) -> None:
    patient = world(context).patient
    assert_that(world(context).answer, answers_patient(patient.id, patient.data))


@then("the service answers with a list that has the patient")
def answers_with_list(context: Context) -> None:
    patient = world(context).patient
    assert_that(world(context).answer, lists_patient(patient.id, patient.data))


@then("every patient in the list has the status “{status}”")
def list_has_status(context: Context, status: str) -> None:
    assert_that(world(context).answer, lists_only(status))


@then("the service still has the patient as before")
def service_has_patient(context: Context) -> None:
    world(context).send("GET", world(context).patient.path)
    answers_with_patient(context)
