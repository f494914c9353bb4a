"""The audit: what a run leaves unexplained, in whatever scenario it began."""

import time
import xml.etree.ElementTree as ET
from pathlib import Path
from uuid import uuid4

import pytest
from hamcrest import assert_that

from bdd.api.answers import AnswerSchemas
from bdd.api.client import Exchange
from bdd.events.account import Absence
from bdd.events.audit import Finding, audit, audit_answers, settle
from bdd.events.event import read_event
from bdd.events.matchers import has_published_nothing
from bdd.report.junit import write_audit
from tests.unit.builders import NOW, Scene, envelope, record


@pytest.fixture
def scene() -> Scene:
    return Scene()


def findings(scene: Scene) -> list[Finding]:
    return audit(scene.ledger, scene.witness_of)


def only_sentence(scene: Scene) -> str:
    (finding,) = findings(scene)
    assert (finding.scenario, finding.location) == ("Create a patient", "features/patients.feature:7")
    return finding.sentence


def test_a_run_that_explains_everything_has_no_findings(scene: Scene) -> None:
    scene.publish_expected()
    scene.publish_expected("patient.updated")
    assert findings(scene) == []


def test_foreign_traffic_is_never_a_finding(scene: Scene) -> None:
    assert_that(scene.witness, has_published_nothing("I ask", after=0))
    scene.arrive(
        record(envelope("patient.created", {"patient_id": 6}), key=b"6"),
        record(envelope("therapist.created", {"therapist_id": 5}), topic="therapist-events"),
        record(envelope("match.created", {"patient_id": 5}), topic="matching-events"),
        record(None, key=b"6"),
        record(b"rubbish", key=None),
        record(b"\xff", topic="therapist-events"),
    )
    assert findings(scene) == []


@pytest.mark.parametrize("event_type", [None, "patient.deleted"])
def test_an_event_after_its_absence_was_promised_names_scenario_and_step(
    scene: Scene, event_type: str | None
) -> None:
    assert_that(scene.witness, has_published_nothing("I delete it again", after=0, event_type=event_type))
    other = scene.open_account("Another scenario", 20, patient_id=6)
    late = scene.arrive(scene.event("patient.deleted"))
    said = f'said "I delete it again", but later came: {read_event(late)} was not asked for by any action'
    assert only_sentence(scene).startswith(said)
    assert other.absences == []


@pytest.mark.parametrize(("after", "event_type"), [(1, None), (0, "patient.created")])
def test_an_event_that_no_promise_covers_is_still_unexpected(
    scene: Scene, after: int, event_type: str | None
) -> None:
    scene.account.absences.append(Absence("I ask", after, event_type))
    scene.arrive(scene.event("patient.deleted"))
    assert only_sentence(scene).startswith("left an event that nobody expected: patient.deleted at ")


def test_a_late_duplicate_is_found(scene: Scene) -> None:
    first = scene.publish_expected()
    scene.arrive(scene.event())
    assert only_sentence(scene).endswith(f"a duplicate of {first.place}: another eventId, the same content")


def test_a_late_redelivery_is_found(scene: Scene) -> None:
    first = scene.publish_expected()
    scene.arrive(record(first.value))
    assert f"is a redelivery of {first.place}: the same eventId" in only_sentence(scene)


@pytest.mark.parametrize(
    ("value", "said"), [(None, "a tombstone"), (b'{"eventType": ', "not JSON"), (b"\xff", "not UTF-8")]
)
def test_a_broken_record_about_our_patient_is_found(scene: Scene, value: bytes | None, said: str) -> None:
    broken = scene.arrive(record(value))
    sentence = only_sentence(scene)
    assert sentence.startswith(f'left a record that breaks the contract: a record at {broken.place}, key "5": it')
    assert said in sentence


def test_an_expectation_that_no_step_looked_for_is_found_when_its_event_never_came(scene: Scene) -> None:
    scene.expect("patient.deleted")
    said = '“something causes patient.deleted” was never followed by patient.deleted on patient-events with key "5"'
    assert only_sentence(scene) == said


def test_an_expectation_that_no_step_looked_for_is_met_by_the_audit(scene: Scene) -> None:
    expectation = scene.expect("patient.deleted")
    scene.arrive(scene.event("patient.deleted"))
    assert findings(scene) == []
    assert expectation.claim


def test_what_a_failed_scenario_left_is_not_repeated(scene: Scene) -> None:
    scene.expect("patient.deleted")
    scene.arrive(scene.event(), record(None))
    assert len(findings(scene)) == 3
    scene.account.failed = True
    assert findings(scene) == []


def test_a_failed_scenario_does_not_hide_what_another_one_left(scene: Scene) -> None:
    failed = scene.open_account("It fails", 20, patient_id=6)
    failed.failed = True
    scene.arrive(record(None, key=b"6"), record(None, key=b"5"))
    assert "breaks the contract" in only_sentence(scene)


def test_an_expected_event_that_breaks_the_contract_is_found_and_names_the_field(scene: Scene) -> None:
    expectation = scene.expect("patient.updated")
    bare_id = uuid4().hex
    came = scene.arrive(scene.event("patient.updated", change=lambda fields: fields.update(eventId=bare_id)))
    assert scene.ledger.claim(expectation), "the step takes it: it is the right event"
    wanted = f'eventId is "{bare_id}", the contract wants format "uuid"'
    assert only_sentence(scene) == f'its patient.updated at {came.place}, key "5" breaks the contract: {wanted}'


def test_an_unexpected_event_that_breaks_the_contract_is_one_finding_with_both(scene: Scene) -> None:
    scene.arrive(scene.event(change=lambda fields: fields.update(source="x")))
    sentence = only_sentence(scene)
    assert sentence.startswith("left an event that nobody expected: patient.created at ")
    assert sentence.endswith("; it breaks the contract: source is extra")


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (201, '{"message": "Patient not found"}', "the status is 201, the contract has 200, 404"),
        (404, '{"message": "Nobody"}', 'message is "Nobody", the contract wants const "Patient not found"'),
        (404, '{"error": 1}', "error is extra; message is missing"),
    ],
)
def test_an_answer_that_breaks_the_contract_names_scenario_request_and_field(
    scene: Scene, status: int, body: str, said: str
) -> None:
    scene.account.exchanges.append(Exchange("GET", "/api/patients/5", None, NOW, 0.004, status, body))
    (finding,) = audit_answers(scene.ledger, AnswerSchemas())
    assert finding.scenario == "Create a patient"
    assert finding.sentence == f"GET /api/patients/5 -> {status} in 4 ms breaks the contract: {said}"
    scene.account.failed = True
    assert audit_answers(scene.ledger, AnswerSchemas()) == []


def test_a_sound_answer_is_no_finding(scene: Scene) -> None:
    scene.account.exchanges.append(Exchange("GET", "/api/patients", None, NOW, 0.004, 200, "[]"))
    assert audit_answers(scene.ledger, AnswerSchemas()) == []


def test_of_many_faults_the_first_are_named_and_the_others_counted(scene: Scene) -> None:
    scene.account.exchanges.append(Exchange("GET", "/api/patients", None, NOW, 0.004, 200, "[1, 2, 3, 4, 5, 6, 7]"))
    (finding,) = audit_answers(scene.ledger, AnswerSchemas())
    assert finding.sentence.endswith('[4] is 5, the contract wants type ["object"]; 2 more')


@pytest.mark.parametrize("seconds", [0.0, 0.04])
def test_settling_ends_when_the_time_since_the_last_action_has_passed(seconds: float) -> None:
    last_action = time.monotonic()
    settle(last_action, seconds)
    assert time.monotonic() >= last_action + seconds


def test_a_key_of_four_raw_bytes_leaves_a_file_that_can_be_read(scene: Scene, tmp_path: Path) -> None:
    scene.arrive(scene.event(key=b"\x00\x00\x00\x05"))
    suite = ET.parse(write_audit(tmp_path, findings(scene))).getroot()  # noqa: S314 - our own file
    assert suite.get("failures") == "1"
