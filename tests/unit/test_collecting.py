"""What the results keep of a response: what the scenario has made, and nothing of others."""

import json

import pytest

from bdd.api.exchange import Exchange
from bdd.results.collecting import Collector
from bdd.verdict.scenario_log import Request
from tests.support.builders import Scene

OTHER = {"id": 77, "nachname": "Fremdling"}
OWN = {"id": 5, "nachname": "Erika"}


def kept(body: str) -> str:
    """Return what is kept of a body by a scenario that has made patient 5."""
    scene = Scene()
    exchange = Exchange("GET", "/api/patients", None, 0, 0.004, 200, body)
    scene.scenario_log.requests.append(Request("When I read all patients", 0, exchange))
    collector = Collector(scene.ledger, [scene.scenario_log], lambda *_: "")
    (result,) = collector.parts([])["exchanges"]
    return str(result.body)


@pytest.mark.parametrize(
    "body",
    [
        json.dumps([OWN, OTHER]),
        "\n " + json.dumps([OWN, OTHER], indent=2),
        json.dumps({"total": 2, "items": [OTHER, OWN]}),
        json.dumps({"page": {"content": [OTHER, OWN]}}),
        json.dumps({"patients": [{"patientId": 6, "nachname": "Fremdling"}, OWN]}),
    ],
)
def test_of_a_list_only_what_the_scenario_has_made_is_kept(body: str) -> None:
    text = kept(body)
    assert json.dumps(OWN) in text
    assert "Fremdling" not in text
    assert "… 1 that this scenario has not made]" in text


@pytest.mark.parametrize("body", ['[{"nachname": "Fremdling"', '{"items": [{"nachname": "Fremdling"'])
def test_of_a_list_that_is_not_json_nothing_is_kept(body: str) -> None:
    assert kept(body) == f"a list that is not JSON, of {len(body)} characters"


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(OWN),
        json.dumps([OWN]),
        '{"detail": [{"field": "nachname", "message": "is required"}]}',
        '"a text with [{"',
        '"[{"',
        "",
    ],
)
def test_everything_else_is_kept_as_it_is(body: str) -> None:
    assert kept(body) == body
