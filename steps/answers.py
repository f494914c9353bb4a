"""Steps about what the service answers."""

from behave import then
from behave.runner import Context
from hamcrest import assert_that, contains_string, equal_to, has_item, has_length, is_

from bdd.world import world


@then("the service refuses with {status:d}, naming “{name}”")
def refuses_naming(context: Context, status: int, name: str) -> None:
    answer = world(context).answer
    assert_that(answer.status, is_(equal_to(status)), f"{answer}: {answer.body}")
    assert_that(answer.json.get("message"), contains_string(name), f"{answer}: {answer.body}")


@then("the service answers {status:d}")
def answers(context: Context, status: int) -> None:
    answer = world(context).answer
    assert_that(answer.status, is_(equal_to(status)), f"{answer}: {answer.body}")


@then("the service answers {status:d} with “{message}”")
def answers_with_message(context: Context, status: int, message: str) -> None:
    answers(context, status)
    assert_that(world(context).answer.json, is_(equal_to({"message": message})))


@then("the service answers with the patient")
def answers_with_patient(context: Context) -> None:
    patient = world(context).patient
    assert_that(world(context).answer.json, is_(equal_to({"id": patient.id, **patient.data})))


@then("the service answers with a list that has the patient")
def answers_with_list(context: Context) -> None:
    patient = world(context).patient
    assert_that(world(context).answer.json, has_item({"id": patient.id, **patient.data}))


@then("every patient in the list has the status “{status}”")
def list_has_status(context: Context, status: str) -> None:
    others = [patient["id"] for patient in world(context).answer.json if patient["status"] != status]
    assert_that(others, has_length(0), "ids of patients with another status")


@then("the service still has the patient as before")
def service_has_patient(context: Context) -> None:
    world(context).send("GET", world(context).patient.path)
    answers_with_patient(context)
