"""Events and answers against the contract: what is sound passes, and every breach names its field."""

import json
from dataclasses import replace
from typing import Any

import pytest

from bdd.api.exchange import Exchange
from bdd.contracts import asyncapi as contract
from bdd.contracts.event_schemas import EventSchemas, event_schemas
from bdd.contracts.openapi import ResponseSchemas
from bdd.contracts.schema import Schema
from bdd.domain.patients import stored_data, synthetic_data
from bdd.verdict.audit import foreign_records
from tests.support.builders import Scene, envelope, record

REMOVED = object()


@pytest.fixture(scope="module")
def schemas() -> EventSchemas:
    return event_schemas(contract.current())


@pytest.fixture(scope="module")
def answers() -> ResponseSchemas:
    return ResponseSchemas()


def created(*path: str, value: object) -> dict[str, Any]:
    """Return a lawful patient.created with one field changed."""
    fields = envelope("patient.created", {"patient_id": 5, "patient_data": stored_data(synthetic_data("m"))})
    place = fields
    for name in path[:-1]:
        place = place[name]
    if value is REMOVED:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return fields


@pytest.mark.parametrize(
    "timestamp",
    [
        "2026-11-23T12:15:05.737386",
        "2026-11-23T12:15:05",
        "2026-11-23T12:15:05Z",
        "2026-11-23T12:15:05.7+00:00",
        "2026-11-23T12:15:05.123456789Z",
        "2026-11-23T12:15:05.123456789",
    ],
)
def test_a_time_in_utc_is_sound_with_and_without_an_offset(timestamp: str, schemas: EventSchemas) -> None:
    assert schemas.violations(record(created("timestamp", value=timestamp))) == []


@pytest.mark.parametrize("field", ["anrede", "email", "telefon"])
def test_null_is_sound_where_a_patient_may_have_nothing(field: str, schemas: EventSchemas) -> None:
    assert schemas.violations(record(created("payload", "patient_data", field, value=None))) == []


@pytest.mark.parametrize("event_type", ["therapist.created", "therapist.updated"])
def test_of_another_services_event_the_payload_may_be_any_object(event_type: str, schemas: EventSchemas) -> None:
    assert schemas.violations(record(envelope(event_type, {"a": 1}), topic="therapist-events", key=None)) == []
    (said,) = schemas.violations(record(envelope(event_type, []), topic="therapist-events"))
    assert said == 'payload is [], the contract requires type ["object"]'


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("eventId", ", expected a UUID as text"),
        ("version", ', expected "1.0"'),
        ("timestamp", ", expected an ISO 8601 time in UTC"),
        ("producer", ', expected "patient-service"'),
        ("payload", ""),
    ],
)
def test_a_missing_field_of_the_envelope_is_named(name: str, expected: str, schemas: EventSchemas) -> None:
    assert schemas.violations(record(created(name, value=REMOVED))) == [f"{name} is missing{expected}"]


@pytest.mark.parametrize("name", ["vorname", "nachname", "anrede", "email", "telefon", "status"])
def test_a_missing_field_of_the_patient_is_named(name: str, schemas: EventSchemas) -> None:
    broken = created("payload", "patient_data", name, value=REMOVED)
    assert schemas.violations(record(broken)) == [f"payload.patient_data.{name} is missing"]


@pytest.mark.parametrize("path", [["source"], ["payload", "reason"], ["payload", "patient_data", "geburtsdatum"]])
def test_an_extra_field_is_named(path: list[str], schemas: EventSchemas) -> None:
    assert schemas.violations(record(created(*path, value="x"))) == [f'{".".join(path)} is extra: "x"']


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (["eventId"], "5", "expected a UUID as text"),
        (["eventId"], "{7e3b27a1-1c53-4d31-9d5b-5d2f3f3e1a11}", "expected a UUID as text"),
        (["eventId"], "7e3b27a11c534d319d5b5d2f3f3e1a11", "expected a UUID as text"),
        (["eventId"], 5, "expected a UUID as text"),
        (["version"], "1", 'expected "1.0"'),
        (["version"], 1.0, 'expected "1.0": a number in place of text'),
        (["timestamp"], "yesterday", "expected an ISO 8601 time in UTC"),
        (["timestamp"], "2026-13-23T12:15:05", "expected an ISO 8601 time in UTC"),
        (["timestamp"], "2026-11-23", "expected an ISO 8601 time in UTC"),
        (["timestamp"], "2026-11-23T12:15:05+01:00", "expected an ISO 8601 time in UTC"),
        (["timestamp"], 1780000000, "expected an ISO 8601 time in UTC"),
        (["producer"], "Patient-Service", 'expected "patient-service"'),
        (["payload"], None, 'the contract requires type ["object"]'),
        (["payload", "patient_id"], "5", 'the contract requires type ["integer"]'),
        (["payload", "patient_id"], 0, "the contract requires minimum 1"),
        (["payload", "patient_data"], [], 'the contract requires type ["object"]'),
        (["payload", "patient_data", "vorname"], None, 'the contract requires type ["string"]'),
        (["payload", "patient_data", "email"], 5, 'the contract requires type ["null", "string"]'),
        (
            ["payload", "patient_data", "status"],
            "PatientStatus.OPEN",
            'the contract requires enum ["offen", "auf der Suche"',
        ),
    ],
)
def test_a_wrong_value_is_named_with_what_the_contract_requires(
    path: list[str], value: object, expected: str, schemas: EventSchemas
) -> None:
    (violation,) = schemas.violations(record(created(*path, value=value)))
    assert violation.startswith(f"{'.'.join(path)} is {json.dumps(value)}, {expected}")


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (b"patient-5", 'the key is "patient-5", the contract requires pattern "^[1-9][0-9]*$"'),
        (b"", 'the key is "", the contract requires pattern "^[1-9][0-9]*$"'),
        (None, 'the key is null, the contract requires type ["string"]'),
        (b"\xff", 'the key is "\\xff", which is not UTF-8'),
    ],
)
def test_a_wrong_key_is_named(key: bytes | None, said: str, schemas: EventSchemas) -> None:
    fields = envelope("patient.deleted", {"patient_id": 5})
    assert schemas.violations(record(fields, key=b"5")) == []
    assert schemas.violations(record(fields, key=key)) == [said]


def test_a_type_on_the_wrong_topic_is_named(schemas: EventSchemas) -> None:
    (said,) = schemas.violations(record(envelope("match.created", {})))
    assert said.startswith('eventType is "match.created", on patient-events there are patient.created, ')


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "tombstone"),
        (b"{", "not JSON"),
        (b"\xff", "not UTF-8"),
        (b"[]", "not an object"),
        (b"[NaN]", "NaN is no JSON"),
    ],
)
def test_what_is_no_event_says_why(value: bytes | None, said: str, schemas: EventSchemas) -> None:
    assert said in schemas.violations(record(value))[0]


def test_a_topic_that_the_contract_does_not_know_is_not_judged(schemas: EventSchemas) -> None:
    assert schemas.violations(record(None, topic="billing-events")) == []


def test_what_python_reads_but_no_schema_library_likes_is_a_breach_and_no_crash() -> None:
    schema = Schema({"type": "string"}, {"asyncapi": "3.0.0"})
    nested: list[Any] = []
    for _ in range(900):
        nested = [nested]
    assert "surrogates" in schema.violations("\ud800", "it")[0]
    assert schema.violations(10**400, "it")[0].startswith("it is 1000")
    assert schema.violations(nested, "it")[0].startswith("it")


def test_foreign_records_that_break_the_contract_are_counted_and_not_shown(schemas: EventSchemas) -> None:
    scene = Scene()
    scene.publish_expected()
    scene.arrive(record(envelope("patient.deleted", {"patient_id": 6}), key=b"6"))
    assert str(foreign_records(scene.ledger, schemas)) == ""
    broken = scene.arrive(
        record(envelope("patient.deleted", {"patient_id": "six"}), key=b"6"), record(None, key=b"6")
    )
    said = f"2 of 3 foreign records violate the contract, the first at {broken.place}"
    assert str(foreign_records(scene.ledger, schemas)) == said


PATIENT = {"id": 5, **stored_data(synthetic_data("m"))}


def answer(method: str, path: str, status: int | None, body: object) -> Exchange:
    text = body if isinstance(body, str) else json.dumps(body)
    return Exchange(method, path, None, 0, 0.004, status, text)


def test_sound_answers_pass(answers: ResponseSchemas) -> None:
    for sound in [
        answer("POST", "/api/patients", 201, PATIENT),
        answer("GET", "/api/patients?status=auf der Suche", 200, [PATIENT, PATIENT]),
        answer("PUT", "/api/patients/5", 200, PATIENT | {"email": None}),
        answer("DELETE", "/api/patients/5", 404, {"message": "Patient not found"}),
    ]:
        assert answers.violations(sound) == []


@pytest.mark.parametrize(
    ("exchange", "said"),
    [
        (answer("POST", "/api/patients", 200, PATIENT), "the status is 200, the contract has 201, 400"),
        (answer("PUT", "/api/patients/5", 500, "oops"), "the status is 500, the contract has 200, 400, 404"),
        (answer("DELETE", "/api/patients/5", 204, ""), "the status is 204, the contract has 200, 404"),
        (answer("PATCH", "/api/patients/5", 200, PATIENT), "the contract has no such request"),
        (answer("GET", "/api/patients/5/notes", 200, []), "the contract has no such request"),
        (
            answer("POST", "/api/patients", 400, "<p>wrong</p>"),
            "the body is not JSON (Expecting value: line 1 column 1 (char 0)): '<p>wrong</p>'",
        ),
        (answer("GET", "/api/patients", 200, "[NaN]"), "the body is not JSON (NaN is no JSON): '[NaN]'"),
        (answer("POST", "/api/patients", 400, {}), "message is missing"),
        (answer("POST", "/api/patients", 400, {"message": ""}), 'message is "", the contract requires minLength 1'),
        (answer("GET", "/api/patients/5", 200, []), 'the body is [], the contract requires type ["object"]'),
        (answer("GET", "/api/patients/5", 200, PATIENT | {"age": 5}), "age is extra: 5"),
        (
            answer("GET", "/api/patients/5", 200, PATIENT | {"id": "5"}),
            'id is "5", the contract requires type ["integer"]',
        ),
        (
            answer("GET", "/api/patients", 200, [PATIENT, PATIENT | {"vorname": None}]),
            '[1].vorname is null, the contract requires type ["string"]',
        ),
        (
            answer("GET", "/api/patients/5", 404, {"message": "nothing"}),
            'message is "nothing", expected "Patient not found"',
        ),
        (
            answer("DELETE", "/api/patients/5", 200, {"message": "ok"}),
            'message is "ok", expected "Patient deleted successfully"',
        ),
    ],
)
def test_an_answer_that_breaks_the_contract_is_named_by_its_field(
    exchange: Exchange, said: str, answers: ResponseSchemas
) -> None:
    assert answers.violations(exchange) == [said]


@pytest.mark.parametrize("sound", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_an_answer_that_says_that_it_is_json_is_sound(sound: str, answers: ResponseSchemas) -> None:
    assert answers.violations(replace(answer("GET", "/api/patients/5", 200, PATIENT), content_type=sound)) == []


@pytest.mark.parametrize(
    ("wrong", "said"), [("text/html; charset=utf-8", '"text/html; charset=utf-8"'), ("", "null")]
)
def test_an_answer_that_says_that_it_is_something_else_breaks_the_contract(
    wrong: str, said: str, answers: ResponseSchemas
) -> None:
    exchange = replace(answer("GET", "/api/patients/5", 200, PATIENT), content_type=wrong)
    assert answers.violations(exchange) == [f"the Content-Type is {said}, the contract has application/json"]


@pytest.mark.parametrize("name", sorted(PATIENT))
def test_a_missing_field_of_an_answer_is_named(name: str, answers: ResponseSchemas) -> None:
    body = {field: value for field, value in PATIENT.items() if field != name}
    assert answers.violations(answer("GET", "/api/patients/5", 200, body)) == [f"{name} is missing"]
