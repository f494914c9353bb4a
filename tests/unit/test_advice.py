"""What to do next comes from the difference that was found, and not from the step that found it."""

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hamcrest import assert_that

from bdd.api.exchange import Exchange
from bdd.domain.entity import Entity
from bdd.domain.reader import Reader
from bdd.domain.responses import lists_exactly
from bdd.verdict.checks import check_published
from bdd.verdict.symptom import symptoms_of
from tests.support.builders import LONG_TIMEOUT, PATIENTS, SHORT_TIMEOUT, Scene, failure, patient, response

CREATED, UPDATED = "patient.created", "patient.updated"
TOO_EARLY = "next:     let the service publish its event after the change is committed, not before"
WRONG_RESPONSE = "next:     correct the service's response, or what it stores"
WRONG_STORED = (
    "next:     the response shows the same: correct what the service stores for this request, and not its event"
)


def what_next(message: str) -> str:
    return message.splitlines()[-1].strip()


def reader_finding(scene: Scene, *responses: Mapping[str, object] | None) -> Reader:
    """Return a reader whose requests get these responses, the last one again and again; None is a 404."""
    exchanges: Iterator[Mapping[str, object] | None] = itertools.chain(responses, itertools.repeat(responses[-1]))

    def get(path: str) -> Exchange:
        found = next(exchanges)
        return replace(response(404 if found is None else 200, _json(found)), method="GET", path=path)

    return Reader(PATIENTS, get, scene.observer, LONG_TIMEOUT)


def _json(found: Mapping[str, object] | None) -> str:
    return json.dumps(found or {"message": "Patient not found"})


OLD, NEW = {"status": "offen"}, {"status": "in Therapie"}


@pytest.mark.parametrize(
    ("responses", "advice", "symptom"),
    [
        ([OLD, NEW], TOO_EARLY, "patient.updated published before its change can be read"),
        ([None, NEW], TOO_EARLY, "patient.updated published before its change can be read"),
        ([OLD, OLD], WRONG_RESPONSE, "the response to GET /api/patients/<id> with another status"),
        (
            [{"status": "PatientStatus.IN_THERAPY"}] * 2,
            WRONG_RESPONSE,
            "the response to GET /api/patients/<id> with status as a Python enum's name in place of its value",
        ),
    ],
)
def test_a_change_was_announced_too_early_only_if_it_can_be_read_later(
    responses: list[dict[str, str] | None], advice: str, symptom: str
) -> None:
    scene = Scene()
    entity = patient(scene.scenario_log.mark)
    entity.data |= NEW
    reader = reader_finding(scene, *(found and entity.body | found for found in responses))
    scene.arrive(scene.event(UPDATED))
    with pytest.raises(AssertionError) as failed:
        reader.check(entity)
    assert what_next(str(failed.value)) == advice
    assert [str(each) for each in symptoms_of(failed.value)] == [symptom]


@pytest.mark.parametrize(
    ("stored", "sent", "advice"),
    [
        ("abgebrochen", "abgebrochen", WRONG_STORED),
        ("offen", "abgebrochen", f"next:     correct this where the service makes its {CREATED} event"),
        (None, "abgebrochen", f"next:     correct this where the service makes its {CREATED} event"),
    ],
)
def test_what_the_response_shows_too_is_what_is_stored(stored: str | None, sent: str, advice: str) -> None:
    scene = Scene()
    expected = scene.expect(CREATED)
    data: dict[str, Any] = patient(scene.scenario_log.mark).data
    expected.response = json.dumps({"id": 5, **data, "status": stored}) if stored else ""
    scene.arrive(scene.event(CREATED, payload={"patient_id": 5, "patient_data": data | {"status": sent}}))
    assert what_next(failure(check_published, scene.observer, CREATED, SHORT_TIMEOUT)) == advice


def test_a_listed_patient_with_a_wrong_value_was_stored_once() -> None:
    erika = Entity(PATIENTS, 5, {"vorname": "Erika", "status": "offen"})
    matcher = lists_exactly(PATIENTS, "mark", [erika])
    once = "next:     let the service store what it has accepted, once, and nothing that it has refused"
    body = {"id": 5, "vorname": "Erika", "status": "PatientStatus.OPEN"}
    for listed, advice in (([body], WRONG_RESPONSE), ([], once), ([erika.body, erika.body], once)):
        assert what_next(failure(assert_that, response(200, json.dumps(listed)), matcher)) == advice


def test_a_record_of_another_scenario_of_the_run_is_not_foreign() -> None:
    scene = Scene()
    other = scene.open_scenario_log("Another", 12, patient_id=6)
    scene.expect(CREATED)
    scene.arrive(
        scene.event(CREATED, patient_id=6, payload={"patient_id": 6, "note": other.mark}),
        scene.event(UPDATED, key=None, payload={"note": other.mark}),
    )
    message = failure(check_published, scene.observer, CREATED, SHORT_TIMEOUT)
    assert "recorded: 2 records of other scenarios" in message
