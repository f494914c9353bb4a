"""The event contract is an AsyncAPI 3 document, by the schema of the npm package that its initiative publishes."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from bdd.contracts.asyncapi import read_document
from bdd.system.paths import ASYNCAPI
from tests.support.npm import installed

PACKAGE = "@asyncapi/specs@6.11.1"


@pytest.fixture
def schema(tmp_path: Path) -> dict[str, Any]:
    """The JSON Schema of AsyncAPI 3.0.0 documents."""
    file = installed(PACKAGE, tmp_path) / "@asyncapi/specs/schemas/3.0.0-without-$id.json"
    return dict(json.loads(file.read_text(encoding="utf-8")))


def test_the_event_contract_is_an_asyncapi_document(schema: dict[str, Any]) -> None:
    validator = jsonschema_rs.Draft7Validator(schema, offline=True)
    event_contract = read_document(ASYNCAPI, "asyncapi")
    assert [error.message for error in validator.iter_errors(event_contract)] == []
    event_contract["channels"]["patientEvents"]["bindings"]["kafka"]["partitions"] = "three"
    assert not validator.is_valid(event_contract), "the check itself must be able to fail"
