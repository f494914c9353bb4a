"""The HTTP API of the reference service. The client of the tests holds every response to the contract."""

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select, text

from bdd.contracts.asyncapi import read_contract, read_document
from bdd.contracts.event_schemas import EventSchemas
from bdd.system.paths import ASYNCAPI, OPENAPI
from reference.patient_service import events
from reference.patient_service.models import Patient, PatientStatus
from reference.patient_service.service import PATIENT_SERVICE
from reference.shared import database as database_module
from reference.shared.app import create_app
from reference.shared.database import Database, open_database
from reference.shared.models import OutboxEntry
from reference.shared.relay import OutboxRelay
from tests.support.builders import LONG_TIMEOUT, record
from tests.unit.reference.fakes import FakeBroker

CONTRACT = read_contract(ASYNCAPI)
SCHEMAS = EventSchemas(CONTRACT)
ANNA = {
    "anrede": "Frau",
    "vorname": "Testa",
    "nachname": "Müsterfrau",
    "email": "testa@example.org",
    "telefon": "+49 30 0000",
    "status": "in Therapie",
}
NAMES = {"vorname": "Test", "nachname": "Probe"}


def outbox(database: Database) -> list[dict[str, Any]]:
    """Return the events in the outbox, each of which keeps the contract."""
    with database.reading() as session:
        entries = session.scalars(select(OutboxEntry).order_by(OutboxEntry.id)).all()
    for each in entries:
        sent = record(each.value.encode(), topic=events.TOPIC, key=each.key.encode())
        assert SCHEMAS.violations(sent) == []
    return [json.loads(each.value) for each in entries]


def create(api: FlaskClient, **fields: object) -> dict[str, Any]:
    response = api.post("/api/patients", json={**NAMES, **fields})
    assert response.status_code == 201
    return dict(response.json or {})


def test_the_reference_service_has_the_contracts_names() -> None:
    assert CONTRACT.patient_topic == events.TOPIC
    assert CONTRACT.patient_fields == events.DATA_FIELDS
    schemas = read_document(OPENAPI, "openapi")["components"]["schemas"]
    assert list(PatientStatus) == schemas["PatientStatus"]["enum"]


@pytest.mark.parametrize("data", [ANNA, ANNA | {"vorname": "ü" * 255, "nachname": "x" * 255}])
def test_a_created_patient_is_returned_and_published_with_all_fields_in_order(
    api: FlaskClient, database: Database, data: dict[str, str]
) -> None:
    before = datetime.now(UTC)
    response = api.post("/api/patients", json=data)

    assert (response.status_code, response.json) == (201, {"id": 1, **data})
    assert list(json.loads(response.data)) == [
        "id", "anrede", "vorname", "nachname", "email", "telefon", "status",
    ]  # fmt: skip
    assert data["nachname"] in response.text
    (created,) = outbox(database)
    assert list(created) == ["eventId", "eventType", "version", "timestamp", "producer", "payload"]
    assert created["eventType"] == "patient.created"
    assert before <= datetime.fromisoformat(created["timestamp"]) <= datetime.now(UTC)
    assert created["payload"] == {"patient_id": 1, "patient_data": data}
    assert list(created["payload"]["patient_data"]) == list(events.DATA_FIELDS)


def test_what_is_left_out_at_creation_is_null_and_the_status_is_offen(api: FlaskClient) -> None:
    nothing = dict.fromkeys(("anrede", "email", "telefon"))
    assert create(api) == {"id": 1, **NAMES, **nothing, "status": "offen"}


@pytest.mark.parametrize("changes", [{"email": None, "status": "auf der Suche"}, {}])
def test_an_update_changes_the_given_fields_only_and_has_an_event(
    api: FlaskClient, database: Database, changes: dict[str, object]
) -> None:
    expected = create(api, email="alt@example.org", telefon="1") | changes

    response = api.put("/api/patients/1", json=changes)

    assert (response.status_code, response.json) == (200, expected)
    assert api.get("/api/patients/1").json == expected
    _, updated = outbox(database)
    assert updated["eventType"] == "patient.updated"
    assert {"id": updated["payload"]["patient_id"], **updated["payload"]["patient_data"]} == expected


def test_a_deleted_patient_is_not_found_and_its_id_not_reused(api: FlaskClient, database: Database) -> None:
    create(api)

    response = api.delete("/api/patients/1")

    assert (response.status_code, response.json) == (200, {"message": "Patient deleted successfully"})
    assert api.get("/api/patients/1").status_code == 404
    deleted = outbox(database)[-1]
    assert (deleted["eventType"], deleted["payload"]) == ("patient.deleted", {"patient_id": 1})
    assert create(api)["id"] == 2


def test_patients_of_every_status_are_listed_and_reading_has_no_event(api: FlaskClient, database: Database) -> None:
    statuses = list(PatientStatus)
    assert api.get("/api/patients?status=offen").json == []
    patients = [create(api, status=status) for status in statuses]

    assert [each["status"] for each in patients] == statuses
    assert api.get("/api/patients").json == patients
    for patient in patients:
        assert api.get("/api/patients", query_string={"status": patient["status"]}).json == [patient]
        assert api.get(f"/api/patients/{patient['id']}").json == patient
    assert len(outbox(database)) == len(patients)


@pytest.mark.parametrize("patient_id", ["2", "0", "-1", "abc", "²", "2147483648", "9" * 20, "9" * 5000])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_an_unknown_patient_is_not_found(
    api: FlaskClient, database: Database, method: str, patient_id: str
) -> None:
    create(api)
    assert api.open(f"/api/patients/{patient_id}", method=method, json=NAMES).status_code == 404
    assert len(outbox(database)) == 1


def field(name: str, value: object, problem: str) -> tuple[bytes, str]:
    """Return a body with a wrong field, and the message about it."""
    shown = name.encode(errors="backslashreplace").decode()
    return json.dumps({**NAMES, name: value}).encode(), f"{shown} {problem}"


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(
    ("body", "message"),
    [
        *[field(name, wrong, "must be text") for name in ANNA for wrong in (True, 1, 1.5, ["x"], {"x": "y"})],
        *[field(name, None, "must be text") for name in ("vorname", "nachname", "status")],
        *[field(name, blank, "must not be blank") for name in NAMES for blank in ("", " \t\n")],
        *[field(name, "x" * 256, "must not be longer than 255") for name in ANNA],
        field("vorname", "Te\0st", "holds a character that cannot be stored"),
        field("email", "\ud800@example.org", "holds a character that cannot be stored"),
        field("status", "OFFEN", "must be one of: offen, auf der Suche, in Therapie, Therapie abgeschlossen"),
        field("status", "", "must be one of"),
        *[field(name, "x", "is not a field") for name in ("name", "id", "\ud800")],
        *[
            (body, "the body is not JSON")
            for body in (b"", b"vorname=Test", b'{"vorname": "Test"', b"\xff\xfe\xfd", b"[" * 100_000, b"9" * 5000)
        ],
        *[(body, "the body must be a JSON object") for body in (b"null", b"[]", b'"Test"')],
    ],
)
def test_a_wrong_body_is_refused_with_what_is_wrong_and_changes_nothing(
    api: FlaskClient, database: Database, method: str, body: bytes, message: str
) -> None:
    patient = create(api)
    response = api.open("/api/patients" if method == "POST" else "/api/patients/1", method=method, data=body)
    assert response.status_code == 400
    assert message in response.text
    assert api.get("/api/patients").json == [patient]
    assert len(outbox(database)) == 1


def test_a_new_patient_needs_its_names_and_everything_that_is_wrong_is_named_at_once(
    api: FlaskClient, database: Database
) -> None:
    for sent, message in (
        ({"vorname": "Test"}, "nachname is missing"),
        ({"nachname": 1, "status": "neu"}, "vorname is missing; nachname must be text; status must be one of: "),
    ):
        response = api.post("/api/patients", json=sent)
        assert response.status_code == 400
        assert f'"{message}' in response.text
    assert outbox(database) == []


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        *[("GET", f"/api/patients?status={value}", 400, "status must be one of") for value in ("neu", "", "OFFEN")],
        *[("GET", path, 404, "not found") for path in ("/", "/api/patients/", "/api//patients")],
        ("PATCH", "/api/patients/1", 405, "not allowed"),
        ("DELETE", "/api/patients", 405, "not allowed"),
    ],
)
def test_an_unknown_status_route_or_method_is_refused(
    api: FlaskClient, method: str, path: str, status: int, message: str
) -> None:
    response = api.open(path, method=method)
    assert response.status_code == status
    assert message in response.text
    assert ("Allow" in response.headers) == (status == 405)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_no_change_is_stored_when_its_event_cannot_be_stored(
    api: FlaskClient, database: Database, method: str
) -> None:
    patient = create(api)

    def fail(*_arguments: object) -> None:
        raise RuntimeError("Probe")

    event.listen(OutboxEntry, "before_insert", fail)
    try:
        response = api.open(f"/api/patients{'' if method == 'POST' else '/1'}", method=method, json=ANNA)
    finally:
        event.remove(OutboxEntry, "before_insert", fail)

    assert (response.status_code, response.json) == (500, {"message": "Internal server error"})
    assert api.get("/api/patients").json == [patient]
    assert len(outbox(database)) == 1


def test_changes_of_one_patient_at_the_same_time_have_their_events_in_the_order_of_the_changes(
    api: FlaskClient, database: Database, relay: OutboxRelay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # SQLite serves whoever waits in no order: on a busy machine the service's 5 s may not be enough.
    options = {"isolation_level": None, "timeout": LONG_TIMEOUT}
    monkeypatch.setattr(database_module, "_connect_args", lambda _url: options)
    create(api)
    fields = ["vorname", "nachname", "anrede", "email", "telefon"]

    def change(field: str) -> list[int]:
        # A connection of its own, as another process has it.
        another = open_database(f"sqlite:///{tmp_path / 'patients.db'}", Patient)
        client = create_app(PATIENT_SERVICE, another, relay).test_client()
        responses = [client.put("/api/patients/1", json={field: f"{field} {number}"}) for number in range(10)]
        another.close()
        return [response.status_code for response in responses]

    with ThreadPoolExecutor(len(fields)) as threads:
        assert list(threads.map(change, fields)) == [[200] * 10] * len(fields)

    states = [each["payload"]["patient_data"] for each in outbox(database)]
    changed = [[name for name in fields if one[name] != next_[name]] for one, next_ in pairwise(states)]
    assert sorted(changed) == sorted([field] for field in fields for _ in range(10))
    assert {"id": 1, **states[-1]} == api.get("/api/patients/1").json


def test_the_log_names_events_and_never_a_patient(
    api: FlaskClient, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_arguments: object) -> None:
        raise RuntimeError(ANNA["nachname"])

    with caplog.at_level(logging.DEBUG):
        api.post("/api/patients", json=ANNA)
        api.put("/api/patients/1", json={"email": "neu@example.org"})
        api.post("/api/patients", json={"vorname": "Testa", "nachname": 1})
        api.get("/api/Müsterfrau")
        event.listen(OutboxEntry, "before_insert", fail)
        try:
            api.post("/api/patients", json=ANNA)
        finally:
            event.remove(OutboxEntry, "before_insert", fail)

    assert "patient.created patient_id=1 event_id=" in caplog.text
    assert "POST /api/patients answered 400" in caplog.text
    assert "POST /api/patients failed with RuntimeError" in caplog.text
    assert not [word for word in ("Testa", "Müsterfrau", "example.org", "0000") if word in caplog.text]
    assert len(api.get("/api/patients").json or []) == len(outbox(database)) - 1 == 1


def test_a_request_is_answered_when_the_database_does_not_work(api: FlaskClient, database: Database) -> None:
    with database.writing() as session:
        session.execute(text("DROP TABLE patients"))
        session.commit()

    response = api.post("/api/patients", json=ANNA)

    assert (response.status_code, response.json) == (503, {"message": "The database does not answer"})


@pytest.mark.parametrize(("is_away", "status", "state"), [(False, 200, "reachable"), (True, 503, "not reachable")])
def test_health_names_the_state_of_the_database_and_the_broker(
    api: FlaskClient, broker: FakeBroker, is_away: bool, status: int, state: str
) -> None:
    broker.is_away = is_away
    response = api.get("/health")
    assert (response.status_code, response.json) == (status, {"database": "reachable", "broker": state})
