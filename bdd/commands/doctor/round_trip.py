"""Checks whether events show up: a synthetic patient is created, looked for, and deleted."""

from bdd.api.client import ApiClient, NoResponse
from bdd.api.exchange import Exchange
from bdd.contracts import asyncapi as contract
from bdd.domain.patients import Patient, as_json, synthetic_data
from bdd.settings.settings import Settings
from bdd.stacks.base import Stack
from bdd.stacks.checks.check import Failed
from bdd.system.processes import signals_wait
from bdd.system.waiting import wait_until
from bdd.verdict.event import Event, NotAnEvent, read_event
from bdd.verdict.schema import event_schemas

MARK = "doctor"


def try_event(stack: Stack, settings: Settings, next_command: str) -> str:
    """Create a patient, see its event, delete it again, and see that event too.

    Args:
        stack: a started one.
        settings: those of the run; its deadline is used.
        next_command: what to type when an event does not show up; it leads to the service's log.

    Raises:
        Failed: a request was refused, an event did not come, or it breaks the contract.
    """
    api = ApiClient(stack.api_url)
    patient = None
    try:
        try:
            with signals_wait():  # between its creation and its name here it would be left behind
                patient = _created(api)
            created = _await(stack, settings, patient, "patient.created", next_command)
        except BaseException as error:  # an interruption too must not leave the patient behind
            if patient:
                _delete(api, patient, because=error)
            raise
        _delete(api, patient)
        deleted = _await(stack, settings, patient, "patient.deleted", next_command)
    finally:
        api.close()
    return f"{created}; {deleted}; the patient is gone again"


def _created(api: ApiClient) -> Patient:
    exchange = _send(api, "POST", "/api/patients", as_json(synthetic_data(MARK)))
    if not exchange.accepted or not isinstance(exchange.json, dict) or type(exchange.json.get("id")) is not int:
        raise Failed(
            f"no event can show up, for the request was refused: {exchange}: {exchange.body[:200].strip()}",
            f"curl -i '{api.url}/api/patients' -H 'Content-Type: application/json' "
            """-d '{"vorname": "Erika", "nachname": "Mustermann"}'""",
        )
    return Patient(exchange.json["id"])


def _delete(api: ApiClient, patient: Patient, because: BaseException | None = None) -> None:
    """Delete the patient; when that fails, what failed before is told too."""
    exchange = _send(api, "DELETE", patient.path)
    if not exchange.accepted:
        before = f"{because}\n" if because else ""
        raise Failed(
            f"{before}{exchange}: {exchange.body[:200].strip()}; the synthetic patient {patient.id} is still there",
            f"curl -i -X DELETE '{api.url}{patient.path}'",
        ) from because


def _await(stack: Stack, settings: Settings, patient: Patient, event_type: str, next_command: str) -> Event:
    recorder, timeout = stack.recorder, settings.deadline * settings.deadline_factor

    def came() -> Event:
        found = [event for event in _events(stack) if event.type == event_type and _concerns(event, patient)]
        assert found, f"{len(recorder.records())} records came meanwhile, none of them is it"
        return found[0]

    def pause(seconds: float) -> None:
        recorder.wait_for_more(recorder.cursor, seconds)

    try:
        event = wait_until(came, description=event_type, timeout=timeout, abort_if=stack.trouble, sleep=pause)
    except AssertionError as late:
        raise Failed(
            f"the service answered, but its event did not show up: {late}\n"
            "The service is no longer there, answers before it publishes (give it longer: -D deadline=…), or "
            "publishes to another broker than the one that is read here.",
            next_command,
        ) from late
    if violations := event_schemas(contract.current()).violations(event.record):
        raise Failed(f"{event} came, but breaks the contract: {violations[0]}", next_command)
    return event


def _events(stack: Stack) -> list[Event]:
    events = []
    for record in stack.recorder.records():
        try:
            events.append(read_event(record))
        except NotAnEvent:
            continue
    return events


def _concerns(event: Event, patient: Patient) -> bool:
    payload = event.payload if isinstance(event.payload, dict) else {}
    return (
        payload.get("patient_id") == patient.id
        or (event.record.key or b"").decode("utf-8", "replace") == patient.key
    )


def _send(api: ApiClient, method: str, path: str, body: str | None = None) -> Exchange:
    try:
        return api.send(method, path, body)
    except NoResponse as error:
        raise Failed(str(error), f"curl -i '{api.url}/health'") from error
