"""Events and responses against the contracts: what is valid passes, and every violation names its field."""

import json
from functools import reduce
from typing import Any

import pytest

from bdd.api.exchange import Exchange
from bdd.contracts import asyncapi as contract
from bdd.contracts.differences import shown
from bdd.contracts.event import read_event
from bdd.contracts.event_schemas import event_schemas
from bdd.contracts.schema import Schema
from bdd.verdict.audit import foreign_records
from reference.patient_service.models import PatientStatus
from tests.support.builders import PATIENTS, Scene, envelope, patient, record

REMOVED = object()
PATIENT = patient("m").body
SCHEMAS = event_schemas(contract.current())


NO_TIME = "expected an ISO 8601 time in UTC"
IN_BRACES = "{7e3b27a1-1c53-4d31-9d5b-5d2f3f3e1a11}"
NO_UUID = "expected a UUID as text"
REQUIRES = "the contract requires"
MESSAGE = "a text that is not empty, or an object from field to such a text"
A_NUMBER = f'{REQUIRES} pattern "^[1-9][0-9]*$"'
TOPIC, TYPES = PATIENTS.topic, "patient.created, patient.updated, patient.deleted"


@pytest.mark.parametrize(
    ("path", "value", "violation"),
    [
        ("timestamp", "2026-11-23T12:15:05.737386", None),
        ("timestamp", "2026-11-23T12:15:05", None),
        ("timestamp", "2026-11-23T12:15:05Z", None),
        ("timestamp", "2026-11-23T12:15:05.7+00:00", None),
        ("timestamp", "2026-11-23T12:15:05.123456789Z", None),
        ("timestamp", "2026-11-23T12:15:05.123456789", None),
        *((f"payload.patient_data.{name}", None, None) for name in ("anrede", "email", "telefon")),
        ("eventId", REMOVED, f"is missing, {NO_UUID}"),
        ("version", REMOVED, 'is missing, expected "1.0"'),
        ("timestamp", REMOVED, f"is missing, {NO_TIME}"),
        ("payload", REMOVED, "is missing"),
        *(
            (f"payload.patient_data.{name}", REMOVED, "is missing")
            for name in contract.current().fields("patient.created", "payload", "patient_data")
        ),
        ("source", "x", 'is extra: "x"'),
        ("payloads", 1, "is extra: 1"),
        ("payload.reason", "x", 'is extra: "x"'),
        ("payload.patient_data.geburtsdatum", "x", 'is extra: "x"'),
        ("eventId", "5", f'is "5", {NO_UUID}'),
        ("eventId", IN_BRACES, f'is "{IN_BRACES}", {NO_UUID}'),
        ("eventId", "7e3b27a11c534d319d5b5d2f3f3e1a11", f'is "7e3b27a11c534d319d5b5d2f3f3e1a11", {NO_UUID}'),
        ("eventId", 5, f"is 5, {NO_UUID}"),
        ("version", "2", 'is "2", expected "1.0"'),
        ("version", 1.0, 'is 1.0, expected "1.0": a number in place of text'),
        ("timestamp", "yesterday", f'is "yesterday", {NO_TIME}'),
        ("timestamp", "2026-13-23T12:15:05", f'is "2026-13-23T12:15:05", {NO_TIME}'),
        ("timestamp", "2026-11-23", f'is "2026-11-23", {NO_TIME}'),
        ("timestamp", "2026-11-23T12:15:05+01:00", f'is "2026-11-23T12:15:05+01:00", {NO_TIME}'),
        ("timestamp", 1780000000, f"is 1780000000, {NO_TIME}"),
        ("producer", "Patient-Service", 'is "Patient-Service", expected "patient-service"'),
        ("payload", None, f'is null, {REQUIRES} type ["object"]'),
        ("payload.patient_id", "5", f'is "5", {REQUIRES} type ["integer"]'),
        ("payload.patient_id", 0, f"is 0, {REQUIRES} minimum 1"),
        ("payload.patient_data", [], f'is [], {REQUIRES} type ["object"]'),
        ("payload.patient_data.vorname", None, f'is null, {REQUIRES} type ["string"]'),
        ("payload.patient_data.email", 5, f'is 5, {REQUIRES} type ["null", "string"]'),
        ("payload.patient_data.status", "Offen", f'is "Offen", {REQUIRES} enum {shown(list(PatientStatus))}'),
    ],
)
def test_a_violation_names_the_field_and_what_the_contract_requires(
    path: str, value: object, violation: str | None
) -> None:
    fields = envelope("patient.created", patient("m").payload("patient.created"))
    *parents, name = path.split(".")
    place = reduce(dict.__getitem__, parents, fields)
    place[name] = value
    if value is REMOVED:
        del place[name]
    sentences = [f"{path} {violation}"] if violation else []
    assert SCHEMAS.violations(read_event(record(fields))) == sentences
    of_envelope = {} if "payload" in {name, *parents} else dict.fromkeys(sentences, path)
    assert SCHEMAS.envelope_violations("patient.created", fields) == of_envelope


@pytest.mark.parametrize(
    ("topic", "event_type", "payload", "key", "violation"),
    [
        (TOPIC, "patient.deleted", {"patient_id": 5}, b"5", ""),
        (TOPIC, "patient.deleted", {"patient_id": 5}, b"patient-5", f'the key is "patient-5", {A_NUMBER}'),
        (TOPIC, "patient.deleted", {"patient_id": 5}, b"", f'the key is "", {A_NUMBER}'),
        (TOPIC, "patient.deleted", {"patient_id": 5}, None, f'the key is null, {REQUIRES} type ["string"]'),
        (TOPIC, "patient.deleted", {"patient_id": 5}, b"\xff", r'the key is "\xff", which is not UTF-8'),
        (TOPIC, "match.created", {}, b"5", f'eventType is "match.created", on {TOPIC} there are {TYPES}'),
        ("matching-events", "match.created", {"any": "object"}, None, ""),
        ("matching-events", "match.status_changed", [], b"\xff", f'payload is [], {REQUIRES} type ["object"]'),
        ("billing-events", "unknown to the contract", None, None, ""),
    ],
)
def test_key_type_and_payload_must_be_those_of_the_topic(
    topic: str, event_type: str, payload: object, key: bytes | None, violation: str
) -> None:
    sent = record(envelope(event_type, payload), topic=topic, key=key)
    assert SCHEMAS.violations(read_event(sent)) == ([violation] if violation else [])


def test_what_python_reads_but_the_schema_library_refuses_is_a_violation() -> None:
    schema = Schema({"type": "string"}, {"asyncapi": "3.0.0"})
    nested: list[Any] = []
    for _ in range(900):
        nested = [nested]
    assert "surrogates" in schema.violations("\ud800", "it")[0]
    assert schema.violations(10**400, "it")[0].startswith("it is 1000")
    assert schema.violations(nested, "it")[0].startswith("it")


def test_foreign_records_that_break_the_contract_are_counted_and_not_shown() -> None:
    scene = Scene()
    scene.publish_expected()
    scene.arrive(record(envelope("patient.deleted", {"patient_id": 6}), key=b"6"))
    assert str(foreign_records(scene.ledger, SCHEMAS)) == ""
    broken = scene.arrive(
        record(envelope("patient.deleted", {"patient_id": "six"}), key=b"6"), record(None, key=b"6")
    )
    message = f"2 of 3 foreign records violate the contract, the first at {broken.place}"
    assert str(foreign_records(scene.ledger, SCHEMAS)) == message


WITHOUT_ID = {name: value for name, value in PATIENT.items() if name != "id"}


@pytest.mark.parametrize(
    ("request_", "status", "body", "violation"),
    [
        ("POST /api/patients", 201, PATIENT, None),
        ("GET /api/patients?status=auf der Suche", 200, [PATIENT, PATIENT], None),
        ("PUT /api/patients/5", 200, PATIENT | {"email": None}, None),
        ("DELETE /api/patients/5", 404, {"message": "Patient not found"}, None),
        ("POST /api/patients", 200, PATIENT, "the status is 200, the contract has 201, 400, 503"),
        ("PUT /api/patients/5", 500, "oops", "the status is 500, the contract has 200, 400, 404, 503"),
        ("DELETE /api/patients/5", 204, "", "the status is 204, the contract has 200, 404, 503"),
        (
            "GET /api/patients/5",
            503,
            {"message": "away"},
            "the status is 503, although nothing that the service needs was kept away from it",
        ),
        ("PATCH /api/patients/5", 200, PATIENT, "the contract has no such request"),
        ("GET /api/patients/5/notes", 200, [], "the contract has no such request"),
        (
            "POST /api/patients",
            400,
            "<p>",
            "the body is not JSON (Expecting value: line 1 column 1 (char 0)): '<p>'",
        ),
        ("GET /api/patients", 200, "[NaN]", "the body is not JSON (NaN is not JSON): '[NaN]'"),
        ("POST /api/patients", 400, {}, f"message is missing, expected {MESSAGE}"),
        ("POST /api/patients", 400, {"message": {"vorname": "is missing"}}, None),
        *(
            (
                "GET /api/patients?status=x",
                400,
                {"message": wrong},
                f"message is {json.dumps(wrong)}, expected {MESSAGE}",
            )
            for wrong in (
                "",
                [],
                ["is missing"],
                {},
                {"vorname": ""},
                {"vorname": ["is missing"]},
                {"vorname": {"a": "b"}},
            )
        ),
        ("GET /api/patients/5", 200, [], f'the body is [], {REQUIRES} type ["object"]'),
        ("GET /api/patients/5", 200, PATIENT | {"age": 5}, "age is extra: 5"),
        ("GET /api/patients/5", 200, PATIENT | {"id": "5"}, f'id is "5", {REQUIRES} type ["integer"]'),
        ("GET /api/patients/5", 200, WITHOUT_ID, "id is missing"),
        (
            "GET /api/patients",
            200,
            [PATIENT | {"vorname": None}],
            f'[0].vorname is null, {REQUIRES} type ["string"]',
        ),
        ("GET /api/patients/5", 404, {"message": "-"}, 'message is "-", expected "Patient not found"'),
        (
            "DELETE /api/patients/5",
            200,
            {"message": "-"},
            'message is "-", expected "Patient deleted successfully"',
        ),
    ],
)
def test_a_violation_in_a_response_names_the_field(
    request_: str, status: int, body: object, violation: str | None
) -> None:
    method, _, path = request_.partition(" ")
    text = body if isinstance(body, str) else json.dumps(body)
    exchange = Exchange(method, path, None, 0, 0.004, status, text)
    assert PATIENTS.api.violations(exchange) == ([violation] if violation else [])


@pytest.mark.parametrize(
    ("content_type", "named"),
    [
        ("application/json", None),
        ("application/json; charset=utf-8", None),
        ("Application/JSON", None),
        ("text/html; charset=utf-8", '"text/html; charset=utf-8"'),
        ("", "null"),
    ],
)
def test_the_media_type_of_a_response_must_be_json(content_type: str, named: str | None) -> None:
    exchange = Exchange("GET", "/api/patients/5", None, 0, 0.004, 200, json.dumps(PATIENT), content_type)
    violation = f"the Content-Type is {named}, the contract has application/json"
    assert PATIENTS.api.violations(exchange) == ([violation] if named else [])
