"""The audit: what a run leaves unexplained, in whatever scenario it began."""

import time
from functools import partial
from typing import Any

import pytest

from bdd.domain.resources import apis
from bdd.system.waiting import wait_until
from bdd.verdict.audit import Finding, audit, audit_responses, await_unseen, settle
from bdd.verdict.checks import check_nothing_published, check_published
from tests.support.builders import LONG_TIMEOUT, SHORT_TIMEOUT, Scene, envelope, event_in, record

CREATED, UPDATED, DELETED = "patient.created", "patient.updated", "patient.deleted"


@pytest.fixture
def scene() -> Scene:
    return Scene()


def findings(scene: Scene) -> list[Finding]:
    return audit(scene.ledger, scene.observer_of)


def printed(scene: Scene) -> list[str]:
    """Return the lines of the only finding as a run prints it, without the first one, which names the scenario."""
    (finding,) = findings(scene)
    first, *lines = str(finding).splitlines()
    assert first == "Create a patient (features/patients.feature:7)"
    return [line.removeprefix("    ") for line in lines]


def only_message(scene: Scene) -> str:
    return printed(scene)[0]


def test_foreign_traffic_is_never_a_finding(scene: Scene) -> None:
    check_nothing_published(scene.observer, "Then no event is published", 0)
    scene.arrive(
        record(envelope(CREATED, {"patient_id": 6}), key=b"6"),
        record(envelope("therapist.created", {"therapist_id": 5}), topic="therapist-events"),
        record(envelope("match.created", {"patient_id": 5}), topic="matching-events"),
        record(None, key=b"6"),
        record(b"rubbish", key=None),
        record(b"\xff", topic="therapist-events"),
    )
    assert findings(scene) == []


@pytest.mark.parametrize("event_type", [None, DELETED])
def test_an_event_that_must_not_come_any_more_names_the_last_step_that_promised_so(
    scene: Scene, event_type: str | None
) -> None:
    for step in ("Then one", "Then another"):
        check_nothing_published(scene.observer, step, 0, event_type)
    other = scene.open_scenario_log("Another scenario", 20, patient_id=6)
    late = scene.arrive(scene.event(DELETED))
    assert printed(scene) == [
        f"“Then another” does not hold, later came: {event_in(late)} was not caused by any action of this scenario",
        "next: publish only what was changed and stored; a refused or reading request changes nothing",
    ]
    assert other.negative_expectations == []


@pytest.mark.parametrize(("after", "event_type"), [(1, None), (0, CREATED)])
def test_an_event_that_no_promise_covers_is_still_unexpected(
    scene: Scene, after: int, event_type: str | None
) -> None:
    check_nothing_published(scene.observer, "Then no event is published", after, event_type)
    scene.answer(200, "{}")
    scene.arrive(scene.event(DELETED))
    assert only_message(scene).startswith("“When I GET it” left an unexpected event: patient.deleted at ")


@pytest.mark.parametrize("promised", [True, False])
def test_a_late_duplicate_names_the_step_that_promised_exactly_one_or_caused_it(
    scene: Scene, promised: bool
) -> None:
    scene.expect()
    first = scene.arrive(scene.event())
    after = check_published(scene.observer, CREATED, 0)
    beginning = "“something causes patient.created” left an unexpected event"
    if promised:
        check_nothing_published(scene.observer, "Then exactly one is published", after, CREATED, other=True)
        beginning = "“Then exactly one is published” does not hold, later came"
    scene.publish_expected(UPDATED)
    second = event_in(scene.arrive(scene.event()))
    duplicate = f"{second} is a duplicate of {first.place}: another eventId, the same content"
    assert only_message(scene) == f"{beginning}: {duplicate}"


def test_an_event_of_another_type_with_the_same_payload_is_not_a_duplicate(scene: Scene) -> None:
    scene.publish_expected(CREATED)
    scene.arrive(scene.event(UPDATED))
    assert only_message(scene).endswith("was not caused by any action of this scenario")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "it has no value (a tombstone)"),
        (b"[" * 1_000_000, "its value is not JSON"),
        (b'{"payload": "' + b"x" * 1_000_000 + b'"}', "its value is JSON, but not an object with an eventType"),
    ],
    ids=["tombstone", "endless nesting", "no eventType"],
)
@pytest.mark.parametrize("promised", [True, False])
def test_a_record_about_our_patient_that_is_not_an_event_is_found(
    scene: Scene, value: bytes | None, reason: str, promised: bool
) -> None:
    scene.answer(201, "{}", method="POST")
    found = "“When I POST it” left a record that is not an event"
    if promised:
        scene.scenario_log.expect_no_more("Then no event is published", 0)
        found = "“Then no event is published” does not hold, later came"
    broken = scene.arrive(record(value))
    message, what_next = printed(scene)
    assert message.startswith(f'{found}: a record at {broken.place}, key "5": {reason}')
    assert len(message) < 300, "a megabyte is not printed"
    assert what_next == "next: correct how the service writes its events"


def test_an_expected_event_that_never_came_is_found_where_no_step_looked(scene: Scene) -> None:
    scene.expect(DELETED)
    assert printed(scene) == [
        '“something causes patient.deleted” was never followed by patient.deleted on patient-events with key "5"',
        "next: see in the service's log whether it published patient.deleted after this request: "
        "was the event made, and did the broker take it?",
    ]


def test_an_event_that_is_wrong_is_found_where_no_step_looked(scene: Scene) -> None:
    expectation = scene.expect(DELETED)
    wrong = event_in(scene.arrive(scene.event(DELETED, key=b"6", payload={"patient_id": 5, "a": 1})))
    assert printed(scene) == [
        f"“something causes patient.deleted” was never followed by {expectation}; "
        f'the closest event is {wrong}: its key is "6", expected "5"; payload.a is extra: 1',
        "next: let the service send its patient.deleted event with the patient's id as key",
    ]


def test_an_order_that_is_broken_is_found_where_no_step_looked(scene: Scene) -> None:
    created = event_in(scene.publish_expected(offset=9))
    deleted = event_in(scene.publish_expected(DELETED, offset=8))
    assert printed(scene) == [
        f"“something causes patient.deleted” was announced out of order: {deleted} lies before {created}, "
        "whose change came first",
        "next: publish a patient's events one after the other with its id as key, as its changes were committed",
    ]


def test_what_comes_during_the_audit_is_not_looked_at(scene: Scene) -> None:
    expectations = [scene.expect(UPDATED), scene.expect(UPDATED)]
    scene.recorder.sudden = [scene.event(UPDATED), scene.event(UPDATED), scene.event(DELETED)]
    never = f"“something causes patient.updated” was never followed by {expectations[0]}"
    assert [finding.message for finding in findings(scene)] == [never, never]


def test_a_journal_that_was_there_before_the_run_has_other_cursors(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = scene.recorder
    monkeypatch.setattr(type(recorder), "cursor", property(lambda each: 100 + len(each.journal)))
    monkeypatch.setattr(recorder, "records", lambda after=0, before=None: recorder.journal)
    scene.scenario_log.expect_no_more("Then no event is published", 100)
    scene.arrive(scene.event())
    assert only_message(scene).startswith("“Then no event is published” does not hold, later came: ")


def test_an_expectation_that_no_step_looked_for_is_met_by_the_audit(scene: Scene) -> None:
    expectation = scene.expect(DELETED)
    scene.arrive(scene.event(DELETED))
    assert findings(scene) == []
    assert expectation.claim


def test_a_failed_scenario_is_not_reported_again_and_does_not_hide_another(scene: Scene) -> None:
    scene.expect(DELETED)
    scene.arrive(scene.event(), record(None))
    assert len(findings(scene)) == 2, "the closest event is named with what never came"
    other = scene.open_scenario_log("It fails", 20, patient_id=6)
    scene.arrive(record(None, key=b"6"))
    other.failed = True
    assert len(findings(scene)) == 2
    scene.scenario_log.failed, other.failed = True, False
    assert [finding.scenario for finding in findings(scene)] == ["It fails"]


@pytest.mark.parametrize(
    ("event_type", "blamed"),
    [(CREATED, "POST"), (UPDATED, "PUT"), (DELETED, "GET"), ("patient.moved", "GET")],
)
def test_the_step_is_blamed_whose_earlier_request_leads_to_such_an_event(
    scene: Scene, event_type: str, blamed: str
) -> None:
    for method, status in (("POST", 201), ("PUT", 200), ("GET", 404)):
        scene.answer(status, "{}", method=method)
    scene.arrive(scene.event(DELETED, eventType=event_type))
    scene.answer(200, "{}", method="DELETE")
    assert only_message(scene).startswith(f"“When I {blamed} it” left an unexpected event: {event_type} at ")


def test_an_expected_event_whose_payload_violates_the_contract_is_found(scene: Scene) -> None:
    expectation = scene.expect(DELETED)
    expectation.payload = {"patient_id": 0}
    invalid = scene.event(DELETED, payload={"patient_id": 0})
    came = event_in(scene.arrive(invalid))
    assert scene.ledger.claim(expectation), "the step takes it: it is what the suite expects"
    violation = "payload.patient_id is 0, the contract requires minimum 1"
    assert printed(scene) == [
        f"“{expectation.step}” left an event that violates the contract: {came}: {violation}",
        "next: correct this where the service makes the event; contracts/asyncapi.yaml says what is valid",
    ]


def test_an_unexpected_event_that_violates_the_contract_is_one_finding_with_both(scene: Scene) -> None:
    scene.arrive(scene.event(source="x"))
    message = only_message(scene)
    assert message.startswith("left an unexpected event: patient.created at "), "no step caused it"
    assert message.endswith('; it violates the contract: source is extra: "x"')


@pytest.mark.parametrize(
    ("path", "status", "body", "violations"),
    [
        ("/5", 201, '{"message": "Patient not found"}', "the status is 201, the contract has 200, 404, 503"),
        ("/5", 404, '{"error": 1}', 'error is extra: 1; message is missing, expected "Patient not found"'),
        ("", 200, "[1, 2, 3, 4, 5]", '…[4] is 5, the contract requires type ["object"]'),
        ("", 200, "[1, 2, 3, 4, 5, 6, 7]", '…[4] is 5, the contract requires type ["object"]; 2 more'),
    ],
)
def test_a_response_that_violates_the_contract_names_step_request_and_the_first_fields(
    scene: Scene, path: str, status: int, body: str, violations: str
) -> None:
    scene.answer(200, "[]", "/api/patients")
    request = scene.answer(status, body, f"/api/patients{path}")
    (finding,) = audit_responses(scene.ledger, apis())
    assert (finding.scenario, finding.step) == ("Create a patient", "When I GET it")
    assert finding.advice == "correct the service's response; contracts/patients.openapi.yaml says what is valid"
    beginning = f"got a response that violates the contract: {request}: "
    assert finding.sentence.startswith(beginning)
    assert finding.sentence.removeprefix(beginning).endswith(violations.removeprefix("…"))
    scene.scenario_log.failed = True
    assert audit_responses(scene.ledger, apis()) == []


def test_settling_ends_when_the_time_since_the_last_action_has_passed() -> None:
    last_action = time.monotonic()
    settle(last_action, 0.04)
    assert time.monotonic() >= last_action + 0.04


def test_an_event_that_no_step_waits_for_has_until_its_deadline(scene: Scene) -> None:
    scene.expect()
    scene.recorder.sudden.append(scene.event())  # comes after the first look
    await_unseen(scene.ledger, time.monotonic(), LONG_TIMEOUT)
    assert audit(scene.ledger, scene.observer_of) == []


def test_an_event_that_no_step_waits_for_and_that_never_comes_is_found(scene: Scene) -> None:
    scene.expect()
    last_action = time.monotonic()
    await_unseen(scene.ledger, last_action, SHORT_TIMEOUT)
    assert time.monotonic() >= last_action + SHORT_TIMEOUT
    assert len(audit(scene.ledger, scene.observer_of)) == 1


@pytest.mark.parametrize("reason", ["failed", "trouble", "long ago"])
def test_nothing_is_waited_for_that_cannot_change_the_verdict(
    monkeypatch: pytest.MonkeyPatch, scene: Scene, reason: str
) -> None:
    def sleep(seconds: float) -> None:
        pytest.fail(f"it waits for {seconds:g} s")

    monkeypatch.setattr("bdd.verdict.audit.wait_until", partial(wait_until, sleep=sleep))
    scene.expect()
    scene.scenario_log.failed = reason == "failed"
    scene.troubles += ["the broker has ended"] if reason == "trouble" else []
    last_action = time.monotonic() - (LONG_TIMEOUT if reason == "long ago" else 0)
    await_unseen(scene.ledger, last_action, LONG_TIMEOUT, scene.observer.trouble)


@pytest.mark.parametrize(("seconds_ago", "left"), [(1, 101), (1000, 0)])
def test_settling_waits_once_for_what_is_left_of_the_time(
    monkeypatch: pytest.MonkeyPatch, seconds_ago: float, left: float
) -> None:
    waits: list[dict[str, Any]] = []
    monkeypatch.setattr("bdd.verdict.audit.wait_until", lambda condition, **wait: waits.append(wait))
    settle(time.monotonic() - seconds_ago, 102)
    (wait,) = waits
    assert wait["description"] == "the settling time"
    assert wait["interval"] == pytest.approx(max(left, 0.01), abs=1 if left else 0.001)
    assert wait["timeout"] == pytest.approx(left + 60, abs=1)
