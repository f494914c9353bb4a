"""What the contracts promise: each field, operation, status code and query parameter of them."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bdd.contracts.asyncapi import Contract, read_contract, read_document
from bdd.contracts.fields import Leaf, leaves
from bdd.contracts.openapi import Api, Apis
from bdd.domain.resources import apis
from bdd.results.model import Promises
from bdd.results.promises import promises_of
from bdd.system.paths import ASYNCAPI, OPENAPI
from tests.support.api_contracts import changed

TREE = {"type": "object", "properties": {"name": {}, "child": {"$ref": "#/components/Tree"}}}
ENVELOPE = ["eventId", "eventType", "version", "timestamp", "producer"]
DATA = ["vorname", "nachname", "anrede", "email", "telefon", "status"]
STATUSES = ["offen", "auf der Suche", "in Therapie", "Therapie abgeschlossen", "Suche abgebrochen"]


@pytest.fixture(scope="module")
def own() -> Promises:
    return promises_of(read_contract(ASYNCAPI), apis())


def test_each_event_type_has_its_innermost_fields(own: Promises) -> None:
    assert list(own.events) == list(read_contract(ASYNCAPI).topic_of)
    state = [*ENVELOPE, "payload.patient_id", *(f"payload.patient_data.{name}" for name in DATA)]
    assert own.events["patient.created"] == own.events["patient.updated"] == state
    assert own.events["patient.deleted"] == [*ENVELOPE, "payload.patient_id"]
    assert own.events["therapist.blocked"] == [*own.events["therapist.updated"], "payload.reason"]
    assert own.events["match.created"] == [*ENVELOPE, "payload"], "the contract does not say what is in it"


def test_the_listed_values_of_a_field_are_kept_where_there_are_several(own: Promises) -> None:
    assert own.values["patient.created"] == {"payload.patient_data.status": [*STATUSES, "Therapie abgebrochen"]}
    with_status = [f"patient.{change}" for change in ("created", "updated")]
    with_status += [f"therapist.{change}" for change in ("created", "updated", "blocked", "unblocked")]
    assert list(own.values) == with_status, "an event without such a field is left out, and so are constants"


def test_each_operation_has_its_status_codes_and_query_parameters(own: Promises) -> None:
    document = read_document(OPENAPI, "openapi")
    for path, item in document["paths"].items():
        for method in item.keys() - {"parameters"}:
            assert own.operations[f"{method.upper()} {path}"] == list(item[method]["responses"])
    assert own.operations["DELETE /api/patients/{id}"] == ["200", "404", "503"]
    assert len(own.operations) == 10
    assert own.parameters == {
        "GET /api/patients": {"status": [*STATUSES, "Therapie abgebrochen"]},
        "GET /api/therapists": {"status": ["aktiv", "gesperrt", "inaktiv"]},
    }


def test_status_codes_are_texts_however_a_contract_writes_them(tmp_path: Path) -> None:
    def change(document: Any) -> None:
        operation = document["paths"]["/api/patients"]["get"]
        operation["responses"] |= {207: {"description": "some"}, "4XX": {"description": "all"}}
        operation["parameters"] = [
            {"name": "page", "in": "query"},
            {"name": "field", "in": "query", "schema": {"type": "array", "items": {"enum": ["a", "b"]}}},
            {"name": "X-Request", "in": "header"},
        ]

    promised = promises_of(read_contract(ASYNCAPI), Apis([Api(changed(tmp_path, change))]))
    assert promised.operations["GET /api/patients"] == ["200", "400", "503", "207", "4XX"]
    assert promised.parameters == {"GET /api/patients": {"page": [], "field": ["a", "b"]}}
    assert Promises.model_validate_json(promised.model_dump_json()) == promised


def test_the_promises_are_those_of_the_contract_that_is_given(tmp_path: Path) -> None:
    def change(document: Any) -> None:
        del document["components"]["schemas"]["PatientData"]["properties"]["telefon"]
        del document["channels"]["therapistEvents"]

    promised = promises_of(contract_of(tmp_path, change), Apis([]))
    assert "payload.patient_data.telefon" not in promised.events["patient.created"]
    assert not any(event_type.startswith("therapist") for event_type in promised.events)
    assert (promised.operations, promised.parameters) == ({}, {})


@pytest.mark.parametrize(
    ("schema", "found"),
    [
        ({}, [("", ())]),
        ({"type": "object"}, [("", ())]),
        ({"enum": ["a", None, "b", "a"]}, [("", ("a", "b"))]),
        ({"anyOf": [{"enum": [1]}, {"enum": [1, 2]}, {"type": "null"}]}, [("", (1, 2))]),
        ({"properties": {"list": {"type": "array", "items": {"type": "string"}}}}, [("list", ())]),
        ({"properties": {"list": {"items": {"properties": {"a": {}, "b": {}}}}}}, [("list.a", ()), ("list.b", ())]),
        (
            {"oneOf": [{"properties": {"a": {}, "b": {"properties": {"c": {}}}}}, {"properties": {"d": {}}}]},
            [("a", ()), ("b.c", ()), ("d", ())],
        ),
        (
            {
                "allOf": [
                    {"properties": {"a": {"type": "object"}}},
                    {"properties": {"a": {"properties": {"b": {}}}}},
                ]
            },
            [("a.b", ())],
        ),
        ({"properties": {"tree": {"$ref": "#/components/Tree"}}}, [("tree.name", ()), ("tree.child", ())]),
        ({"anyOf": [{"$ref": "#/components/Itself"}, {"properties": {"a": {}}}]}, [("a", ())]),
    ],
)
def test_fields_are_found_in_every_form_of_a_schema(
    schema: dict[str, Any], found: list[tuple[str, tuple[Any, ...]]]
) -> None:
    itself = {"anyOf": [{"$ref": "#/components/Itself"}, {"type": "null"}]}
    document = {"components": {"Tree": TREE, "Itself": itself}}
    assert list(leaves(document, schema)) == [Leaf(*each) for each in found]


def contract_of(folder: Path, change: Any) -> Contract:
    document = yaml.safe_load(ASYNCAPI.read_text(encoding="utf-8"))
    change(document)
    file = folder / "asyncapi.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    return read_contract(file)
