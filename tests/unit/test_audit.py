"""The audit: what a run leaves unexplained, in whatever scenario it began."""

import time
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from bdd.contracts.openapi import ResponseSchemas
from bdd.report.junit import write_audit
from bdd.verdict.audit import Finding, audit, audit_responses, settle
from bdd.verdict.checks import check_nothing_published, check_published
from bdd.verdict.scenario_log import NegativeExpectation
from tests.support.builders import NOW, Change, Scene, envelope, event_in, iso, record


@pytest.fixture
def scene() -> Scene:
    return Scene()


def findings(scene: Scene) -> list[Finding]:
    return audit(scene.ledger, scene.observer_of)


def only_sentence(scene: Scene) -> str:
    (finding,) = findings(scene)
    assert (finding.scenario, finding.location) == ("Create a patient", "features/patients.feature:7")
    return finding.message


def test_a_run_that_explains_everything_has_no_findings(scene: Scene) -> None:
    scene.publish_expected()
    scene.publish_expected("patient.updated")
    assert findings(scene) == []


def test_foreign_traffic_is_never_a_finding(scene: Scene) -> None:
    check_nothing_published(scene.observer, "I ask", 0)
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
    check_nothing_published(scene.observer, "I delete it again", 0, event_type)
    other = scene.open_scenario_log("Another scenario", 20, patient_id=6)
    late = scene.arrive(scene.event("patient.deleted"))
    said = f"“I delete it again” does not hold, later came: {event_in(late)} was not caused by any action"
    assert only_sentence(scene).startswith(said)
    assert other.negative_expectations == []


@pytest.mark.parametrize(("after", "event_type"), [(1, None), (0, "patient.created")])
def test_an_event_that_no_promise_covers_is_still_unexpected(
    scene: Scene, after: int, event_type: str | None
) -> None:
    scene.scenario_log.negative_expectations.append(NegativeExpectation("I ask", after, event_type))
    scene.answer(200, "{}")
    scene.arrive(scene.event("patient.deleted"))
    said = "“When I GET it” left an unexpected event: patient.deleted at "
    assert only_sentence(scene).startswith(said)


def test_a_late_duplicate_is_found(scene: Scene) -> None:
    first = scene.publish_expected()
    scene.arrive(scene.event())
    sentence = only_sentence(scene)
    assert sentence.startswith("“something causes patient.created” left an unexpected event")
    assert sentence.endswith(f"a duplicate of {first.place}: another eventId, the same content")


def test_a_late_duplicate_breaks_the_word_of_the_step_that_said_exactly_one(scene: Scene) -> None:
    scene.expect()
    first = scene.arrive(scene.event())
    step = "Then exactly one is published"
    after = check_published(scene.observer, "patient.created", 0)
    check_nothing_published(scene.observer, step, after, "patient.created", other=True)
    scene.publish_expected("patient.updated")
    second = scene.arrive(scene.event())
    said = f"{event_in(second)} is a duplicate of {first.place}: another eventId, the same content"
    assert only_sentence(scene) == f"“{step}” does not hold, later came: {said}"


def test_a_late_redelivery_is_found(scene: Scene) -> None:
    first = scene.publish_expected()
    scene.arrive(record(first.value))
    assert f"is a redelivery of {first.place}: the same eventId" in only_sentence(scene)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "it has no value (a tombstone)"),
        (b"", "its value is not JSON: Expecting value"),
        (b'{"eventType": ', "its value is not JSON"),
        (b"\xff", "its value is not UTF-8"),
        (b"[" * 1_000_000, "its value is not JSON"),
        (b'{"payload": "' + b"x" * 1_000_000 + b'"}', "its value is JSON, but not an object with an eventType"),
        (b"[]", "its value is JSON, but not an object with an eventType"),
        (b'{"eventType": 5}', "its value is JSON, but not an object with an eventType"),
    ],
    ids=lambda each: str(each)[:40],
)
@pytest.mark.parametrize("promised", [True, False])
def test_a_record_about_our_patient_that_is_no_event_is_found(
    scene: Scene, value: bytes | None, said: str, promised: bool
) -> None:
    scene.answer(201, "{}", method="POST")
    found = "“When I POST it” left a record that is not an event"
    if promised:
        scene.scenario_log.negative_expectations.append(NegativeExpectation("Then no event is published", 0))
        found = "“Then no event is published” does not hold, later came"
    broken = scene.arrive(record(value))
    sentence = only_sentence(scene)
    assert sentence.startswith(f'{found}: a record at {broken.place}, key "5": {said}')
    assert len(sentence) < 300, "a megabyte is not printed"


def test_another_event_with_a_used_event_id_is_not_called_a_redelivery(scene: Scene) -> None:
    first = scene.publish_expected()
    used = event_in(first).id
    scene.arrive(scene.event("patient.deleted", change=lambda fields: fields.update(eventId=used)))
    assert only_sentence(scene).endswith(f'has the eventId "{used}" that {first.place} has, but is another event')


@pytest.mark.parametrize(
    ("place", "change", "said"),
    [
        ({"topic": "therapist-events"}, None, "it is on topic therapist-events, expected patient-events"),
        ({"key": b"6"}, None, 'its key is "6", expected "5"'),
        ({"partition": 1}, None, "it is in partition 1, earlier events of this patient are in 0"),
        (
            {},
            lambda fields: fields.update(timestamp=iso(NOW - 60)),
            f'timestamp is "{iso(NOW - 60)}": 60.0 s before the request',
        ),
        (
            {},
            lambda fields: fields.update(timestamp=iso(NOW) + "+01:00"),
            f'timestamp is "{iso(NOW)}+01:00", expected an ISO 8601 time in UTC',
        ),
        ({}, lambda fields: fields.update(version="2"), 'version is "2", expected "1.0"'),
    ],
)
def test_an_event_at_which_no_step_looked_is_found_with_the_field_that_is_wrong(
    scene: Scene, place: dict[str, Any], change: Change | None, said: str
) -> None:
    scene.publish_expected()
    expectation = scene.expect("patient.deleted")
    wrong = scene.arrive(scene.event("patient.deleted", change=change or (lambda fields: None), **place))
    never = f"“something causes patient.deleted” was never followed by {expectation}"
    assert only_sentence(scene) == f"{never}; the closest event is {event_in(wrong)}: {said}"


def test_an_event_id_that_another_event_had_is_found_where_no_step_looked(scene: Scene) -> None:
    first = scene.publish_expected()
    used = event_in(first).id
    scene.expect("patient.deleted")
    scene.arrive(scene.event("patient.deleted", change=lambda fields: fields.update(eventId=used)))
    assert only_sentence(scene).endswith(f'its eventId "{used}" was used before, by the {event_in(first)}')


def test_an_order_that_is_broken_is_found_where_no_step_looked(scene: Scene) -> None:
    created = scene.publish_expected(offset=9)
    deleted = scene.publish_expected("patient.deleted", offset=8)
    said = f"{event_in(deleted)} lies before {event_in(created)}, whose change came first"
    assert only_sentence(scene) == f"“something causes patient.deleted” was announced out of order: {said}"


def test_two_changes_to_the_same_values_are_in_order_whatever_comes_while_they_are_looked_at(scene: Scene) -> None:
    older, younger = scene.expect("patient.updated"), scene.expect("patient.updated")
    newest = scene.recorder.cursor
    assert scene.ledger.claim(older, newest) is None
    scene.arrive(scene.event("patient.updated", offset=1))
    assert scene.ledger.claim(younger, newest) is None, "it would be the older one's event"
    scene.arrive(scene.event("patient.updated", offset=2))
    assert findings(scene) == []


def test_a_journal_that_was_there_before_the_run_has_other_cursors(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = scene.recorder
    monkeypatch.setattr(type(recorder), "cursor", property(lambda each: 100 + len(each.journal)))
    monkeypatch.setattr(recorder, "records", lambda after=0, before=None: recorder.journal)
    scene.scenario_log.negative_expectations.append(NegativeExpectation("Then no event is published", 100))
    scene.arrive(scene.event())
    assert only_sentence(scene).startswith("“Then no event is published” does not hold, later came: ")


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
    assert len(findings(scene)) == 2, "the closest event is told with what never came"
    scene.scenario_log.failed = True
    assert findings(scene) == []


def test_a_failed_scenario_does_not_hide_what_another_one_left(scene: Scene) -> None:
    failed = scene.open_scenario_log("It fails", 20, patient_id=6)
    failed.failed = True
    scene.arrive(record(None, key=b"6"), record(None, key=b"5"))
    assert "left a record that is not an event" in only_sentence(scene)


def test_an_event_that_violates_only_the_contract_fulfils_no_expectation(scene: Scene) -> None:
    expectation = scene.expect("patient.updated")
    bare_id = uuid4().hex
    came = scene.arrive(scene.event("patient.updated", change=lambda fields: fields.update(eventId=bare_id)))
    wrong = f'the closest event is {event_in(came)}: eventId is "{bare_id}", expected a UUID as text'
    assert only_sentence(scene) == f"“{expectation.step}” was never followed by {expectation}; {wrong}"


@pytest.mark.parametrize(
    ("event_type", "blamed"),
    [
        ("patient.created", "POST"),
        ("patient.updated", "PUT"),
        ("patient.deleted", "DELETE"),
        ("patient.moved", "GET"),
    ],
)
def test_the_step_is_blamed_whose_request_leads_to_such_an_event(
    scene: Scene, event_type: str, blamed: str
) -> None:
    for method, status in (("POST", 201), ("PUT", 200), ("DELETE", 200), ("GET", 404)):
        scene.answer(status, "{}", method=method)
    scene.arrive(scene.event("patient.deleted", change=lambda fields: fields.update(eventType=event_type)))
    assert only_sentence(scene).startswith(f"“When I {blamed} it” left an unexpected event: {event_type} at ")


def test_a_request_after_the_event_is_not_blamed(scene: Scene) -> None:
    scene.answer(200, "{}", method="GET")
    scene.arrive(scene.event("patient.deleted"))
    scene.answer(200, "{}", method="DELETE")
    assert only_sentence(scene).startswith("“When I GET it” left ")


def test_an_expected_event_whose_payload_violates_the_contract_is_found(scene: Scene) -> None:
    expectation = scene.expect("patient.deleted")
    expectation.payload = {"patient_id": 0}
    invalid = scene.event("patient.deleted", change=lambda fields: fields.update(payload={"patient_id": 0}))
    came = scene.arrive(invalid)
    assert scene.ledger.claim(expectation), "the step takes it: it is what the suite expects"
    violation = "payload.patient_id is 0, the contract requires minimum 1"
    said = f"left an event that violates the contract: {event_in(came)}: {violation}"
    assert only_sentence(scene) == f"“{expectation.step}” {said}"


def test_an_unexpected_event_that_breaks_the_contract_is_one_finding_with_both(scene: Scene) -> None:
    scene.arrive(scene.event(change=lambda fields: fields.update(source="x")))
    sentence = only_sentence(scene)
    assert sentence.startswith("left an unexpected event: patient.created at "), "no step caused it"
    assert sentence.endswith('; it violates the contract: source is extra: "x"')


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (201, '{"message": "Patient not found"}', "the status is 201, the contract has 200, 404"),
        (404, '{"message": "Nobody"}', 'message is "Nobody", expected "Patient not found"'),
        (404, '{"error": 1}', 'error is extra: 1; message is missing, expected "Patient not found"'),
    ],
)
def test_an_answer_that_breaks_the_contract_names_scenario_request_and_field(
    scene: Scene, status: int, body: str, said: str
) -> None:
    scene.answer(status, body)
    (finding,) = audit_responses(scene.ledger, ResponseSchemas())
    assert finding.scenario == "Create a patient"
    request = f"GET /api/patients/5 -> {status} in 4 ms"
    assert finding.message == f"“When I GET it” got a response that violates the contract: {request}: {said}"
    scene.scenario_log.failed = True
    assert audit_responses(scene.ledger, ResponseSchemas()) == []


def test_a_sound_answer_is_no_finding(scene: Scene) -> None:
    scene.answer(200, "[]", "/api/patients")
    assert audit_responses(scene.ledger, ResponseSchemas()) == []


def test_of_many_faults_the_first_are_named_and_the_others_counted(scene: Scene) -> None:
    scene.answer(200, "[1, 2, 3, 4, 5, 6, 7]", "/api/patients")
    (finding,) = audit_responses(scene.ledger, ResponseSchemas())
    assert finding.sentence.endswith('[4] is 5, the contract requires type ["object"]; 2 more')


@pytest.mark.parametrize("seconds", [0.0, 0.04])
def test_settling_ends_when_the_time_since_the_last_action_has_passed(seconds: float) -> None:
    last_action = time.monotonic()
    settle(last_action, seconds)
    assert time.monotonic() >= last_action + seconds


def test_a_key_of_four_raw_bytes_leaves_a_file_that_can_be_read(scene: Scene, tmp_path: Path) -> None:
    scene.arrive(scene.event(key=b"\x00\x00\x00\x05"))
    write_audit(tmp_path, findings(scene))
    suite = ET.parse(tmp_path / "TESTS-audit.xml").getroot()  # noqa: S314 - our own file
    assert suite.get("failures") == "1"
