"""What is exported as CTRF is that, by the schema of the npm package that its initiative publishes."""

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from bdd.results.ctrf import ctrf_of
from bdd.results.model import Component, LeftOut, ScenarioName
from tests.support.npm import installed
from tests.support.runs import a_finding, a_run, a_scenario, named

PACKAGE = "ctrf@0.3.0"


@pytest.fixture
def schema(tmp_path: Path) -> dict[str, Any]:
    """The JSON Schema of CTRF documents."""
    (file,) = (installed(PACKAGE, tmp_path) / "ctrf/dist").glob("ctrf-schema*.json")
    return dict(json.loads(file.read_text(encoding="utf-8")))


def test_runs_of_every_kind_are_ctrf_documents(schema: dict[str, Any]) -> None:
    validator = jsonschema_rs.Draft7Validator(schema, offline=True, validate_formats=True)
    missing = ScenarioName(feature="features/topics.feature", name="Left out", line=4)
    done = [a_scenario(), a_scenario("B", "failed"), a_scenario("C", "error"), a_scenario("D", "skipped")]
    runs = [
        a_run(done, findings=[a_finding()], left_out=[LeftOut(reason="no database", scenarios=[missing])]),
        a_run(done, selected=[*map(named, done), missing], killed=True, shard="1/2", commit=""),
        a_run([], abort_reason="the broker did not start", platform=[Component(name="Kafka")]),
    ]
    documents = [ctrf_of(run) for run in runs]
    assert [error.message for each in documents for error in validator.iter_errors(each)] == []
    documents[0]["results"]["tests"][0]["status"] = "green"
    assert not validator.is_valid(documents[0]), "the check itself must be able to fail"
