"""The reference service against the contracts: its names, its events, and every answer of its API."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from bdd.api.exchange import Exchange
from bdd.contracts.asyncapi import Contract, read_contract, read_document
from bdd.contracts.event_schemas import EventSchemas
from bdd.contracts.openapi import ResponseSchemas
from bdd.system.paths import ASYNCAPI, OPENAPI
from reference.patient_service import events
from reference.patient_service.models import OutboxEntry, Patient, PatientStatus
from reference.shared.kafka.schemas import EventSchema
from tests.support.builders import record

MakeEvent = Callable[[Patient], OutboxEntry]
PATIENT = Patient(id=5, vorname="Erika", nachname="Mustermann", status=PatientStatus.OFFEN)


@pytest.fixture
def promised() -> Contract:
    return read_contract(ASYNCAPI)


def test_the_reference_service_has_the_contracts_names(promised: Contract) -> None:
    assert promised.patient_topic == events.TOPIC
    assert promised.patient_producer == events.PRODUCER
    assert promised.patient_fields == events.DATA_FIELDS
    schemas = read_document(OPENAPI, "openapi")["components"]["schemas"]
    assert list(PatientStatus) == schemas["PatientStatus"]["enum"]
    assert promised.version == EventSchema(event_type="", producer="", payload={}).version


@pytest.mark.parametrize("make", [events.patient_created, events.patient_updated, events.patient_deleted])
def test_the_reference_services_events_keep_the_contract(make: MakeEvent, promised: Contract) -> None:
    made = make(PATIENT)
    sent = record(made.value.encode(), topic=events.TOPIC, key=str(made.patient_id).encode())
    assert EventSchemas(promised).violations(sent) == []


def test_the_reference_services_answers_keep_the_contract(api: FlaskClient) -> None:
    requests = [
        ("POST", "/api/patients", '{"vorname": "Erika", "nachname": "Mustermann"}', 201),
        ("POST", "/api/patients", "{}", 400),
        ("POST", "/api/patients", "no JSON", 400),
        ("GET", "/api/patients", None, 200),
        ("GET", "/api/patients?status=offen", None, 200),
        ("GET", "/api/patients?status=vielleicht", None, 400),
        ("GET", "/api/patients/1", None, 200),
        ("PUT", "/api/patients/1", '{"status": "in Therapie"}', 200),
        ("PUT", "/api/patients/1", '{"status": "vielleicht"}', 400),
        ("DELETE", "/api/patients/1", None, 200),
        *[(method, "/api/patients/1", "{}", 404) for method in ("GET", "PUT", "DELETE")],
    ]
    schemas = ResponseSchemas()
    for method, path, body, status in requests:
        answer = api.open(path, method=method, data=body)
        exchange = Exchange(method, path, body, 0, 0, answer.status_code, answer.get_data(as_text=True))
        assert (exchange.status, schemas.violations(exchange)) == (status, []), exchange
