"""The HTTP API of the reference service, row by row of the platform's contract."""

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select, text
from werkzeug.test import TestResponse

from reference.patient_service import database as database_module
from reference.patient_service import events
from reference.patient_service.app import create_app
from reference.patient_service.database import Database, open_database
from reference.patient_service.models import OutboxEntry, PatientStatus
from reference.patient_service.relay import OutboxRelay
from tests.support.builders import LONG_TIMEOUT
from tests.unit.reference.fakes import FakeBroker, end, missed

ANNA = {
    "anrede": "Frau",
    "vorname": "Testa",
    "nachname": "Müsterfrau",
    "email": "testa@example.org",
    "telefon": "+49 30 0000",
    "status": "in Therapie",
}


def outbox(database: Database) -> list[dict[str, Any]]:
    with database.reading() as session:
        return [json.loads(value) for value in session.scalars(select(OutboxEntry.value).order_by(OutboxEntry.id))]


def body(answer: TestResponse) -> Any:
    return json.loads(answer.data)


def create(api: FlaskClient, **fields: object) -> dict[str, Any]:
    answer = api.post("/api/patients", json={"vorname": "Test", "nachname": "Probe", **fields})
    assert answer.status_code == 201
    return dict(body(answer))


def message(answer: TestResponse) -> str:
    assert answer.content_type == "application/json"
    assert list(body(answer)) == ["message"]
    return str(body(answer)["message"])


def test_a_created_patient_is_answered_with_all_fields_in_the_contracts_order(api: FlaskClient) -> None:
    answer = api.post("/api/patients", json=ANNA)

    assert answer.status_code == 201
    assert list(body(answer)) == ["id", "anrede", "vorname", "nachname", "email", "telefon", "status"]
    assert body(answer) == {"id": 1, **ANNA}
    assert "Müsterfrau" in answer.get_data(as_text=True)


def test_what_is_left_out_at_creation_is_null_and_the_status_is_offen(api: FlaskClient) -> None:
    patient = create(api)

    assert (patient["anrede"], patient["email"], patient["telefon"]) == (None, None, None)
    assert patient["status"] == "offen"


def test_a_created_patient_has_an_event_with_what_the_api_answered(api: FlaskClient, database: Database) -> None:
    before = datetime.now(UTC)
    api.post("/api/patients", json=ANNA)

    (made,) = outbox(database)
    assert list(made) == ["eventId", "eventType", "version", "timestamp", "producer", "payload"]
    assert str(UUID(made["eventId"])) == made["eventId"]
    assert (made["eventType"], made["version"], made["producer"]) == ("patient.created", "1.0", "patient-service")
    assert before <= datetime.fromisoformat(made["timestamp"]) <= datetime.now(UTC)
    assert made["timestamp"].endswith("+00:00")
    assert made["payload"] == {"patient_id": 1, "patient_data": ANNA}
    assert list(made["payload"]["patient_data"]) == ["vorname", "nachname", "anrede", "email", "telefon", "status"]


def test_an_update_changes_the_given_fields_only_and_has_an_event(api: FlaskClient, database: Database) -> None:
    patient = create(api, email="alt@example.org", telefon="1")

    answer = api.put("/api/patients/1", json={"email": None, "status": "auf der Suche"})

    expected = patient | {"email": None, "status": "auf der Suche"}
    assert (answer.status_code, body(answer)) == (200, expected)
    assert body(api.get("/api/patients/1")) == expected
    _, updated = outbox(database)
    assert updated["eventType"] == "patient.updated"
    assert {"id": updated["payload"]["patient_id"], **updated["payload"]["patient_data"]} == expected


def test_an_update_that_names_no_field_has_an_event_too(api: FlaskClient, database: Database) -> None:
    create(api)

    assert api.put("/api/patients/1", json={}).status_code == 200
    assert [made["eventType"] for made in outbox(database)] == ["patient.created", "patient.updated"]


def test_a_deleted_patient_is_gone_and_the_event_holds_the_id_only(api: FlaskClient, database: Database) -> None:
    create(api)

    answer = api.delete("/api/patients/1")

    assert (answer.status_code, body(answer)) == (200, {"message": "Patient deleted successfully"})
    assert api.get("/api/patients/1").status_code == 404
    deleted = outbox(database)[-1]
    assert (deleted["eventType"], deleted["payload"]) == ("patient.deleted", {"patient_id": 1})


def test_an_id_is_not_given_to_a_second_patient(api: FlaskClient) -> None:
    create(api)
    api.delete("/api/patients/1")

    assert create(api)["id"] == 2


def test_patients_are_listed_and_can_be_filtered_by_status(api: FlaskClient) -> None:
    create(api)
    create(api, status="in Therapie")

    assert [patient["id"] for patient in body(api.get("/api/patients"))] == [1, 2]
    assert [patient["id"] for patient in body(api.get("/api/patients?status=offen"))] == [1]
    assert [patient["id"] for patient in body(api.get("/api/patients?status=in%20Therapie"))] == [2]
    assert body(api.get("/api/patients?status=Therapie%20abgebrochen")) == []


def test_reading_has_no_event(api: FlaskClient, database: Database) -> None:
    create(api)
    api.get("/api/patients")
    api.get("/api/patients?status=offen")
    api.get("/api/patients/1")

    assert len(outbox(database)) == 1


@pytest.mark.parametrize("value", list(PatientStatus))
def test_every_status_of_the_contract_is_stored_and_answered_by_its_value(api: FlaskClient, value: str) -> None:
    assert create(api, status=value)["status"] == value
    assert [patient["status"] for patient in body(api.get(f"/api/patients?status={value}"))] == [value]


@pytest.mark.parametrize("patient_id", ["2", "0", "-1", "abc", "²", "2147483648", "9" * 20, "9" * 5000])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_an_unknown_patient_is_not_found(
    api: FlaskClient, database: Database, method: str, patient_id: str
) -> None:
    create(api)

    answer = api.open(f"/api/patients/{patient_id}", method=method, json={"vorname": "Neu"})

    assert (answer.status_code, message(answer)) == (404, "Patient not found")
    assert len(outbox(database)) == 1


TEXT_FIELDS = ["anrede", "vorname", "nachname", "email", "telefon", "status"]


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        *[(field, wrong, "must be text") for field in TEXT_FIELDS for wrong in (True, 1, 1.5, ["x"], {"x": "y"})],
        *[(field, None, "must be text") for field in ("vorname", "nachname", "status")],
        *[(field, blank, "must not be blank") for field in ("vorname", "nachname") for blank in ("", " \t\n")],
        *[(field, "x" * 256, "longer than 255") for field in ("anrede", "vorname", "nachname", "email", "telefon")],
        ("vorname", "Te\0st", "cannot be stored"),
        ("email", "\ud800@example.org", "cannot be stored"),
        ("status", "OFFEN", "must be one of: offen, auf der Suche, in Therapie, Therapie abgeschlossen"),
        ("status", "", "must be one of"),
        ("name", "x", "not a field"),
        ("id", 7, "not a field"),
        ("\ud800", "x", "not a field"),
    ],
)
def test_a_wrong_field_is_refused_by_name_and_has_no_event(  # noqa: PLR0917 - pytest passes names
    api: FlaskClient, database: Database, method: str, field: str, value: object, said: str
) -> None:
    patient = create(api)
    path = "/api/patients" if method == "POST" else "/api/patients/1"

    # json.dumps, because Flask's own encoder cannot send half a surrogate pair.
    answer = api.open(path, method=method, data=json.dumps({"vorname": "Neu", "nachname": "Probe", field: value}))

    assert answer.status_code == 400
    assert said in message(answer)
    assert (r"\ud800" if field == "\ud800" else field) in message(answer)
    assert body(api.get("/api/patients")) == [patient]
    assert len(outbox(database)) == 1


@pytest.mark.parametrize("field", ["vorname", "nachname"])
def test_a_new_patient_without_a_name_is_refused(api: FlaskClient, database: Database, field: str) -> None:
    fields = {"vorname": "Test", "nachname": "Probe"}
    del fields[field]

    answer = api.post("/api/patients", json=fields)

    assert (answer.status_code, message(answer)) == (400, f"{field} is missing")
    assert outbox(database) == []


def test_everything_that_is_wrong_is_named_at_once(api: FlaskClient) -> None:
    answer = api.post("/api/patients", json={"nachname": 1, "status": "neu"})

    assert all(field in message(answer) for field in ("vorname", "nachname", "status"))


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "not JSON"),
        (b"vorname=Test", "not JSON"),
        (b'{"vorname": "Test"', "not JSON"),
        (b"\xff\xfe\xfd", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"9" * 5000, "not JSON"),
        (b"null", "JSON object"),
        (b"[]", "JSON object"),
        (b'"Test"', "JSON object"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(
    api: FlaskClient, database: Database, method: str, body: bytes, said: str
) -> None:
    create(api)
    path = "/api/patients" if method == "POST" else "/api/patients/1"

    answer = api.open(path, method=method, data=body, content_type="application/json")

    assert answer.status_code == 400
    assert said in message(answer)
    assert len(outbox(database)) == 1


def test_a_name_of_255_characters_is_accepted(api: FlaskClient) -> None:
    assert create(api, vorname="ü" * 255, nachname="x" * 255)["vorname"] == "ü" * 255


@pytest.mark.parametrize("value", ["neu", "", "OFFEN"])
def test_a_list_with_an_unknown_status_is_refused(api: FlaskClient, value: str) -> None:
    answer = api.get("/api/patients", query_string={"status": value})

    assert answer.status_code == 400
    assert "status must be one of" in message(answer)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/api/patients/", 404),
        ("GET", "/api//patients", 404),
        ("PATCH", "/api/patients/1", 405),
        ("DELETE", "/api/patients", 405),
    ],
)
def test_an_unknown_route_or_method_is_answered_in_json(
    api: FlaskClient, method: str, path: str, status: int
) -> None:
    answer = api.open(path, method=method)

    assert answer.status_code == status
    assert message(answer)
    assert ("Allow" in answer.headers) == (status == 405)


def test_no_change_is_stored_when_its_event_cannot_be_made(
    api: FlaskClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_patient: object) -> OutboxEntry:
        raise RuntimeError("Probe")

    monkeypatch.setattr(events, "patient_created", fail)

    answer = api.post("/api/patients", json=ANNA)

    assert (answer.status_code, message(answer)) == (500, "Internal server error")
    assert body(api.get("/api/patients")) == []
    assert outbox(database) == []


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_no_change_is_stored_when_its_event_cannot_be_stored(
    api: FlaskClient, database: Database, method: str
) -> None:
    patient = create(api)

    def fail(*_arguments: object) -> None:
        raise RuntimeError("Probe")

    event.listen(OutboxEntry, "before_insert", fail)
    try:
        answer = api.open(f"/api/patients{'' if method == 'POST' else '/1'}", method=method, json=ANNA)
    finally:
        event.remove(OutboxEntry, "before_insert", fail)

    assert answer.status_code == 500
    assert body(api.get("/api/patients")) == [patient]
    assert len(outbox(database)) == 1


def test_changes_of_one_patient_at_the_same_time_have_their_events_in_the_order_of_the_changes(
    api: FlaskClient, database: Database, relay: OutboxRelay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whoever waits for SQLite is not served in line: on a busy machine the service's 5 s may not do.
    options = {"isolation_level": None, "timeout": LONG_TIMEOUT}
    monkeypatch.setattr(database_module, "_connect_args", lambda _url: options)
    create(api)
    fields = ["vorname", "nachname", "anrede", "email", "telefon"]

    def change(field: str) -> list[int]:
        # A connection of its own, as another process has it.
        another = open_database(f"sqlite:///{tmp_path / 'patients.db'}")
        client = create_app(another, relay).test_client()
        answers = [client.put("/api/patients/1", json={field: f"{field} {number}"}) for number in range(10)]
        another.close()
        return [answer.status_code for answer in answers]

    with ThreadPoolExecutor(len(fields)) as threads:
        assert list(threads.map(change, fields)) == [[200] * 10] * len(fields)

    states = [made["payload"]["patient_data"] for made in outbox(database)]
    changed = [[name for name in fields if one[name] != next_[name]] for one, next_ in pairwise(states)]
    assert sorted(changed) == sorted([field] for field in fields for _ in range(10))
    assert {"id": 1, **states[-1]} == body(api.get("/api/patients/1"))


def test_the_log_names_events_and_never_a_patient(
    api: FlaskClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_patient: object) -> OutboxEntry:
        raise RuntimeError(ANNA["nachname"])

    with caplog.at_level(logging.DEBUG):
        api.post("/api/patients", json=ANNA)
        api.put("/api/patients/1", json={"email": "neu@example.org"})
        api.post("/api/patients", json={"vorname": "Testa", "nachname": 1})
        api.get("/api/Müsterfrau")
        monkeypatch.setattr(events, "patient_created", fail)
        api.post("/api/patients", json=ANNA)

    assert "patient.created patient_id=1 event_id=" in caplog.text
    assert "POST /api/patients answered 400" in caplog.text
    assert "POST /api/patients failed with RuntimeError" in caplog.text
    assert not [word for word in ("Testa", "Müsterfrau", "example.org", "0000") if word in caplog.text]


def test_a_request_is_answered_when_the_database_does_not_work(api: FlaskClient, database: Database) -> None:
    with database.writing() as session:
        session.execute(text("DROP TABLE patients"))
        session.commit()

    answer = api.post("/api/patients", json=ANNA)

    assert (answer.status_code, message(answer)) == (503, "The database does not answer")


def test_health_says_that_database_and_broker_are_reachable(api: FlaskClient) -> None:
    answer = api.get("/health")

    assert (answer.status_code, body(answer)) == (200, {"database": "reachable", "broker": "reachable"})


def test_health_says_that_the_broker_is_away(api: FlaskClient, broker: FakeBroker) -> None:
    broker.is_away = True

    answer = api.get("/health")

    assert (answer.status_code, body(answer)) == (503, {"database": "reachable", "broker": "not reachable"})


def test_requests_succeed_and_events_wait_while_the_broker_is_away(
    api: FlaskClient, database: Database, broker: FakeBroker, relay: OutboxRelay
) -> None:
    broker.is_away = True
    relay.start()

    create(api)
    missed(broker)
    end(relay)

    assert [made["eventType"] for made in outbox(database)] == ["patient.created"]
