"""The contracts: they are what they claim to be, agree with each other, and the reference service keeps them."""

import json
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from bdd.contracts import asyncapi as contract
from bdd.contracts.asyncapi import InvalidContract, applying, read_contract, read_document
from bdd.contracts.event_schemas import EventSchemas, event_schemas
from bdd.contracts.fields import fields_of
from bdd.contracts.schema import Schema
from bdd.domain.resources import check_contract, resources, services_without_contract
from bdd.domain.test_data import changeable
from bdd.system.paths import ASYNCAPI, ROOT
from reference.patient_service.models import Patient, PatientStatus
from reference.shared.kafka.schemas import EventSchema

PATIENT = Patient(id=5, vorname="Erika", nachname="Mustermann", status=PatientStatus.OFFEN)


@pytest.fixture
def event_contract() -> dict[str, Any]:
    return dict(read_document(ASYNCAPI, "asyncapi"))


@pytest.fixture(params=[each.openapi for each in resources().values()], ids=list(resources()))
def api_contract(request: pytest.FixtureRequest) -> dict[str, Any]:
    return dict(read_document(request.param, "openapi"))


def write(folder: Path, document: object) -> Path:
    file = folder / "asyncapi.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    return file


def test_the_api_contract_is_an_openapi_document(api_contract: dict[str, Any]) -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(api_contract).iter_errors()] == []
    _many, one = api_contract["paths"].values()
    del one["parameters"]
    assert list(OpenAPIV31SpecValidator(api_contract).iter_errors()), "the check itself must be able to fail"


def test_the_topics_and_types_are_those_of_the_platforms_page() -> None:
    promised = read_contract(ASYNCAPI)
    assert promised.partitions == dict.fromkeys(promised.messages, 3)
    assert {topic: list(types) for topic, types in promised.messages.items()} == {
        "patient-events": ["patient.created", "patient.updated", "patient.deleted"],
        "therapist-events": [f"therapist.{change}" for change in ("created", "updated", "blocked", "unblocked")],
        "matching-events": ["match.created", "match.status_changed"],
        "communication-events": ["communication.email_sent", "communication.call_scheduled"],
        "email-commands": ["email.send"],
        "geocoding-requests": ["geocoding.calculate_distance"],
    }


def test_each_message_requires_the_type_that_it_is_named_after() -> None:
    promised = read_contract(ASYNCAPI)
    other = json.loads(EventSchema(event_type="other", producer="a-service", payload={}).to_json())
    for messages in promised.messages.values():
        for event_type, message in messages.items():
            violations = Schema(message.value, promised.document).violations(other, "the value")
            assert f'eventType is "other", expected "{event_type}"' in violations


@pytest.mark.parametrize("noun", resources())
def test_a_resource_is_the_same_in_both_contracts(noun: str) -> None:
    resource, events = resources()[noun], read_contract(ASYNCAPI)
    answered = resource.api.answered(resource.path)
    assert set(changeable(resource)) == {name for name, field in answered.items() if not field.read_only}
    in_payloads = set(resource.payload_fields.values())
    for event_type in resource.publishable("POST") | resource.publishable("PUT"):
        schemas = applying(
            events.document, events.messages[resource.topic][event_type].value, "payload", f"{noun}_data"
        )
        data = fields_of(events.document, {"allOf": list(schemas)})
        assert set(data) == set(answered) - in_payloads, event_type
        for name, field in data.items():
            assert field.required, name
            assert dict(field.keywords) == dict(answered[name].keywords), name


def test_the_feature_about_topics_has_each_topic_of_the_contract() -> None:
    feature = (ROOT / "features/topics.feature").read_text(encoding="utf-8")
    rows = [line.strip(" |") for line in feature.partition("Examples:")[2].splitlines()[2:]]
    assert rows == list(read_contract(ASYNCAPI).partitions)


def test_a_contract_of_the_platforms_own_gives_the_names(
    tmp_path: Path, event_contract: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contract, "_current", None)
    channel = event_contract["channels"]["patientEvents"]
    channel["address"], channel["bindings"]["kafka"]["partitions"] = "patients", 6
    assert contract.current().topic_of_noun["patient"] == "patient-events"
    event_schemas(contract.use(write(tmp_path, event_contract)))
    promised = contract.current()
    assert (str(read_contract(ASYNCAPI)), str(promised)) == ("contracts/asyncapi.yaml", str(promised.file))
    assert (promised.topic_of_noun["patient"], promised.partitions["patients"]) == ("patients", 6)


def test_a_contract_must_have_what_every_resource_publishes(tmp_path: Path, event_contract: dict[str, Any]) -> None:
    messages = event_contract["channels"]["patientEvents"]["messages"]
    del messages["patientDeleted"]
    check_contract(contract.read_contract(write(tmp_path, event_contract)))
    del messages["patientUpdated"]
    del event_contract["channels"]["therapistEvents"]
    with pytest.raises(InvalidContract, match=r"cannot be used: there is no message patient\.updated$"):
        check_contract(contract.read_contract(write(tmp_path, event_contract)))


def test_a_service_of_whose_events_a_contract_says_nothing_is_left_out(
    tmp_path: Path, event_contract: dict[str, Any]
) -> None:
    assert services_without_contract(read_contract(ASYNCAPI)) == set()
    del event_contract["channels"]["therapistEvents"]
    without = read_contract(write(tmp_path, event_contract))
    check_contract(without)
    assert services_without_contract(without) == {"therapist-service"}


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("asyncapi", "2.6.0", "is not a document of asyncapi 3"),
        ("channels.patientEvents.address", None, "address is missing"),
        ("channels.patientEvents.bindings", None, "partitions is missing"),
        ("components.messages.patientCreated", None, "patientCreated is missing"),
        ("components.messages.patientCreated.payload", None, "payload is missing"),
        ("components.messages.emailSent.name", "email.send", "on more than one topic: email.send"),
        ("components.messageBindings.patient.kafka.key.type", "x", "invalid schema for patient"),
        ("components.schemas.PatientState", {"$ref": "other.yaml"}, "other.yaml is not in the document"),
        ("components.schemas.Envelope.properties.payload", {"$ref": "http://127.0.0.1/x"}, "127.0.0.1"),
    ],
)
def test_a_contract_that_cannot_be_used_is_refused_with_the_reason(
    path: str, value: object, reason: str, tmp_path: Path, event_contract: dict[str, Any]
) -> None:
    *parents, name = path.split(".")
    place = reduce(dict.__getitem__, parents, event_contract)
    place[name] = value
    if value is None:
        del place[name]
    file = write(tmp_path, event_contract)
    with pytest.raises(InvalidContract) as wrong:
        EventSchemas(read_contract(file))
    assert str(file) in str(wrong.value)
    assert reason in str(wrong.value)


def test_what_is_written_like_a_date_is_a_text_as_in_json(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "openapi: 3.1.0\nexamples: [1990-12-24, 2026-01-01T08:00:00Z, 5, true, null]\n"
    )
    examples = read_document(tmp_path / "a.yaml", "openapi")["examples"]
    assert examples == ["1990-12-24", "2026-01-01T08:00:00Z", 5, True, None]


@pytest.mark.parametrize("text", ["", "[1, 2", "- a list", "\x00"])
def test_a_file_that_is_not_a_contract_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "asyncapi.yaml").write_text(text)
    with pytest.raises(InvalidContract, match=r"asyncapi\.yaml"):
        read_contract(tmp_path / "asyncapi.yaml")
    with pytest.raises(InvalidContract, match="Is its path right"):
        read_contract(tmp_path / "missing.yaml")
