"""The verdicts as people read them: what `assert_that` prints."""

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hamcrest import assert_that, not_

from bdd.kafka.record import Record
from bdd.verdict.checks import check_nothing_published, check_published
from bdd.verdict.matchers import HasPublished
from bdd.verdict.observer import Observer
from tests.support.builders import (
    LONG_TIMEOUT,
    NOW,
    REMOVED,
    SHORT_TIMEOUT,
    Scene,
    envelope,
    event_in,
    failure,
    iso,
    lines,
    mismatch,
    patient,
    record,
)

if TYPE_CHECKING:
    from hamcrest.core.matcher import Matcher

CREATED, UPDATED, DELETED = "patient.created", "patient.updated", "patient.deleted"
CAUSED = [
    "step:     something causes patient.created",
    "request:  POST /api/patients -> 201 in 4 ms",
    "platform: all is well",
]
PUBLISH_ONLY = "publish only what was changed and stored; a refused or reading request changes nothing"
CORRECT_THIS = "correct this where the service makes its patient.deleted event"
SEND_WITH_KEY = "let the service send its patient.deleted event with the patient's id as key"
SEND_TO_TOPIC = "let the service send its patient.deleted event to patient-events"
CHOOSE_NO_PARTITION = "let the service send a patient's events with its id as key, and choose no partition"
MAKE_AN_ID = "let the service make an eventId for each event"
TAKE_TIME_ANEW = "let the service take the time anew for each event"
WRITE_TIME = "let the service write the time of the change, in UTC"
BEFORE_REQUEST = "which had come before this request was sent"
THERAPISTS = "therapist-events"
USED_ID = "00000000-0000-4000-8000-000000000001"
TIME = iso(NOW + 0.010001)


@pytest.fixture
def scene() -> Scene:
    return Scene()


def foreign_traffic() -> list[Record]:
    return [
        record(envelope("therapist.created", {"therapist_id": 5}), topic="therapist-events"),
        record(envelope(CREATED, {"patient_id": 99, "patient_data": {}}), key=b"99"),
        record(envelope(CREATED, {"patient_id": 99, "patient_data": {}}), key=None),
        record(b"rubbish", key=None),
    ]


def exactly(observer: Observer, timeout: float, times: int = 1) -> None:
    after = check_published(observer, CREATED, timeout, times)
    check_nothing_published(observer, "Then exactly one is published", after, CREATED, other=True)


def missing(scene: Scene, event_type: str = CREATED, times: int = 1) -> str:
    """Return the message about events that have not come."""
    return failure(check_published, scene.observer, event_type, 0, times)


def test_an_event_that_comes_during_the_wait_ends_it(scene: Scene) -> None:
    expectation = scene.expect()
    late = scene.event()
    scene.recorder.coming = [*foreign_traffic(), late, record(b"not read any more")]
    check_published(scene.observer, CREATED, LONG_TIMEOUT)
    assert expectation.claim is not None
    assert expectation.claim.record is late
    assert len(scene.recorder.coming) == 1, "the wait ends with the event it waits for"


def test_several_events_are_found_in_any_order_without_waiting_among_others(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(scene.recorder.__class__, "wait_for_more")
    for patient_id in (5, 6, 7):
        scene.expect(patient_id=patient_id)
    scene.expect(UPDATED)
    expected = 'Expected: 3 patient.created events on patient-events with key "5", "6", "7"'
    assert lines(missing(scene, times=3))[0] == expected
    scene.arrive(*(scene.event(patient_id=patient_id) for patient_id in (7, 5, 6)), scene.event(UPDATED))
    scene.arrive(*foreign_traffic())
    exactly(scene.observer, 0, 3)


def test_the_whole_message_about_an_event_of_which_nothing_was_recorded(scene: Scene) -> None:
    scene.arrive(scene.event())
    scene.expect()
    scene.answer(200, "[]")
    scene.arrive(*foreign_traffic()[1:3])
    assert lines(failure(check_published, scene.observer, CREATED, SHORT_TIMEOUT)) == [
        'Expected: one patient.created event on patient-events with key "5"',
        "but: nothing about it was recorded since the request, on any topic: 0.05 s were waited",
        "recorded: 2 foreign records",
        *CAUSED,
        "next:     see in the service's log whether it published patient.created after this request: "
        "was the event made, and did the broker take it?",
    ]


def test_the_whole_message_about_a_near_miss(scene: Scene) -> None:
    first, _ = scene.expect(), scene.expect()
    claimed = scene.arrive(scene.event(), record(b"rubbish", key=None))
    near = scene.event(version="2", producer="x")
    far = [scene.event(DELETED, version="2") for _ in range(5)]
    scene.arrive(*far[:1], replace(near, received=NOW + 3), *far[1:])
    scene.ledger.claim(first)
    assert lines(missing(scene)) == [
        'Expected: one patient.created event on patient-events with key "5"',
        'but: the closest event differs in 2 ways: version is "2", expected "1.0"',
        '- producer is "x", expected "patient-service"',
        f"closest:  {event_in(near)}, 3000 ms after the request",
        f"recorded: {event_in(claimed)} (expected); {'; '.join(str(event_in(each)) for each in far[:4])}; "
        "1 more of this scenario; 1 foreign record",
        *CAUSED,
        "next:     correct this where the service makes its patient.created event",
    ]


@pytest.mark.parametrize(
    ("changed", "difference", "advice"),
    [
        ({"key": b"6"}, 'its key is "6", expected "5"', SEND_WITH_KEY),
        ({"key": None}, 'its key is none, expected "5"', SEND_WITH_KEY),
        ({"key": b"\x00\x05\xff"}, r'its key is "\x00\x05\xff", expected "5"', SEND_WITH_KEY),
        ({"topic": THERAPISTS}, f"it is on topic {THERAPISTS}, expected patient-events", SEND_TO_TOPIC),
        ({"partition": 1}, "it is in partition 1, earlier events of this patient are in 0", CHOOSE_NO_PARTITION),
        ({"eventId": USED_ID}, f'its eventId "{USED_ID}" was used before, by the {{0}}', MAKE_AN_ID),
        ({"timestamp": TIME}, f"its timestamp is that of the {{0}}, {BEFORE_REQUEST}", TAKE_TIME_ANEW),
        ({"timestamp": iso(NOW - 60)}, f'timestamp is "{iso(NOW - 60)}": 61.0 s before the request', WRITE_TIME),
        ({"timestamp": "gestern"}, 'timestamp is "gestern", expected an ISO 8601 time in UTC', WRITE_TIME),
        ({"timestamp": REMOVED}, "timestamp is missing, expected an ISO 8601 time in UTC", WRITE_TIME),
        (
            {"eventType": UPDATED},
            f'eventType is "{UPDATED}", expected "{DELETED}"',
            f"correct the eventType where the service makes its {DELETED} event",
        ),
        ({"eventId": "5"}, 'eventId is "5", expected a UUID as text', CORRECT_THIS),
        ({"eventId": REMOVED}, "eventId is missing, expected a UUID as text", CORRECT_THIS),
        ({"payload": {"patient_id": 5, "a": 1}}, "payload.a is extra: 1", CORRECT_THIS),
        ({"payload": REMOVED}, 'payload is missing, expected {"patient_id": 5}', CORRECT_THIS),
    ],
)
def test_a_near_miss_names_the_field_and_what_to_do(
    scene: Scene, changed: dict[str, Any], difference: str, advice: str
) -> None:
    first = event_in(scene.publish_expected(eventId=USED_ID, timestamp=TIME))
    scene.expect(DELETED).requested_at = NOW + 1
    near = scene.event(DELETED, **changed)
    scene.arrive(*foreign_traffic(), near)
    message = lines(missing(scene, DELETED))
    assert message[1] == f"but: the closest event differs in 1 way: {difference.replace('{0}', str(first))}"
    assert message[2].startswith(f"closest:  {event_in(near)}, ")
    assert message[3] == "recorded: 4 foreign records"
    assert message[-1] == f"next:     {advice}"


def test_a_stale_read_is_called_by_its_name(scene: Scene) -> None:
    expectation = scene.expect(UPDATED)
    old: dict[str, Any] = scene.payload(UPDATED)
    new = old["patient_data"] | {"telefon": "+49 30 5550177", "anrede": None}
    expectation.payload, expectation.before = {**old, "patient_data": new}, old
    scene.arrive(scene.event(UPDATED))
    message = lines(missing(scene, UPDATED))
    stale = 'payload.patient_data.anrede is "Frau", expected null: its value before the change'
    assert message[1] == f"but: the closest event differs in 2 ways: {stale}"
    assert message[2].endswith(
        'telefon is "+49 30 5550100", expected "+49 30 5550177": its value before the change'
    )
    assert message[-1] == (
        "next:     let the service make its event from what the change has stored, not from what it read before"
    )


def test_the_payload_of_another_scenarios_patient_is_named_although_the_next_event_differs_less(
    scene: Scene,
) -> None:
    other = scene.open_scenario_log("Another scenario", 20, patient_id=6)
    payload = patient(other.mark, 6).payload("patient.created")
    scene.expect()
    scene.arrive(scene.event(payload=payload), scene.event(UPDATED))
    assert mismatch(missing(scene)) == "the closest event differs in 3 ways: payload.patient_id is 6, expected 5"


def test_an_own_event_is_closer_than_anybodys_with_fewer_differences(scene: Scene) -> None:
    scene.expect()
    own = scene.event(DELETED, version="2", producer="x")
    anybodys = record(envelope(CREATED, {}), key=None)
    scene.arrive(anybodys, own, *(record(None) for _ in range(5)))
    message = missing(scene)
    assert f"closest:  {event_in(own)}" in message
    assert "more of this scenario" not in message, "all five others are listed"


def test_the_event_of_another_action_is_no_near_miss(scene: Scene) -> None:
    scene.expect()
    scene.expect(UPDATED)
    other = scene.arrive(scene.event(UPDATED))
    message = missing(scene)
    assert mismatch(message).startswith("nothing about it was recorded")
    assert f"recorded: {event_in(other)}" in message
    scene.arrive(scene.event(UPDATED, producer="x"))
    assert mismatch(missing(scene)).startswith("the closest event differs in 2 ways: ")


@pytest.mark.parametrize("payload", [{"patient_data": {}}, None, []])
def test_an_event_that_names_nobody_is_another_patients_when_its_key_is(scene: Scene, payload: object) -> None:
    scene.expect()
    scene.arrive(record(envelope(CREATED, payload), key=b"6"))
    assert mismatch(missing(scene)).startswith("nothing about it was recorded")
    scene.arrive(record(envelope(CREATED, payload), key=None))
    assert mismatch(missing(scene)).startswith("the closest event differs in ")
    broken = scene.arrive(record(None))
    assert broken.place in mismatch(missing(scene)), "the scenario's own comes before anybody's"


def test_a_record_of_the_scenario_that_is_not_an_event_is_named(scene: Scene) -> None:
    scene.expect(DELETED)
    broken = scene.arrive(record(None))
    message = lines(missing(scene, DELETED))
    assert message[1].startswith(f"but: a record at {broken.place} is about it but is not an event: it")
    assert message[-1] == f"next:     {CORRECT_THIS}"


def test_trouble_ends_the_wait_at_once_and_is_reported(scene: Scene) -> None:
    scene.expect()
    scene.troubles.append("the broker has ended with code 137")
    scene.recorder.coming = [record(b"rubbish", key=None), scene.event()]
    message = lines(failure(check_published, scene.observer, CREATED, LONG_TIMEOUT))
    assert message[1].endswith("on any topic: the broker has ended with code 137")
    assert message[2] == "recorded: nothing else since the request"
    assert message[-1] == "next:     see why it ended; its log is in the evidence folder"
    assert len(scene.recorder.coming) == 2, "nothing is awaited after the first look"


def test_a_refused_request_causes_no_event_and_is_named(scene: Scene) -> None:
    scene.answer(500, "Internal Server Error" * 20, "/api/patients", "POST")
    scene.answer(200, "[]")
    assert lines(failure(check_published, scene.observer, CREATED, LONG_TIMEOUT)) == [
        "Expected: one patient.created event",
        "but: the service refused what would have caused it: POST /api/patients -> 500 in 4 ms: "
        + ("Internal Server Error" * 20)[:300],
        "step:     When I POST it",
        "request:  POST /api/patients -> 500 in 4 ms",
        "platform: all is well",
        "next:     see why the service refused it; what it did not do, it must not announce",
    ]


@pytest.mark.parametrize(("caused", "events"), [(0, "0 such events"), (1, "1 such event"), (3, "3 such events")])
def test_a_step_that_expects_another_number_than_the_actions_cause_says_so(
    scene: Scene, caused: int, events: str
) -> None:
    scene.recorder.coming = [scene.event()]
    for _ in range(caused):
        scene.expect()
    for method in ("POST", "PUT", "GET"):
        scene.answer(200, "[]", method=method)
    assert lines(failure(check_published, scene.observer, CREATED, SHORT_TIMEOUT, 2)) == [
        "Expected: 2 patient.created events",
        f"but: the scenario's actions cause {events} that no step has seen yet",
        "request:  GET /api/patients/5 -> 200 in 4 ms",
        "platform: all is well",
    ]
    assert scene.recorder.coming, "nothing is waited for"


def test_exactly_none_fails_with_what_came_before(scene: Scene) -> None:
    came = event_in(scene.arrive(scene.event()))
    assert lines(failure(exactly, scene.observer, 0, 0)) == [
        "Expected: no other patient.created event",
        f"but: 1 came: {came} was not caused by any action of this scenario",
        "platform: all is well",
        f"next:     {PUBLISH_ONLY}",
    ]


def test_of_equal_events_the_older_action_claims_the_older_one_however_they_arrive(scene: Scene) -> None:
    expectations = [scene.expect(UPDATED), scene.expect(UPDATED)]
    events = [scene.event(UPDATED, offset=offset) for offset in (1, 2)]
    scene.recorder.sudden = [record(b"the next one comes between two looks"), *events]
    check_published(scene.observer, UPDATED, LONG_TIMEOUT, 2)
    assert [each.claim and each.claim.record.offset for each in expectations] == [1, 2]


NO_RETRY = "look in the service for a retry after the event was taken; an idempotent producer does not repeat"
NO_SECOND = "look in the service for a second publish, or for a retry that makes the event anew"
REDELIVERY = f'is a redelivery of {{0}}: the same eventId "{USED_ID}"'


@pytest.mark.parametrize(
    ("changed", "explained", "advice"),
    [
        ({"eventId": USED_ID}, REDELIVERY, NO_RETRY),
        ({"eventId": USED_ID, "topic": THERAPISTS}, REDELIVERY, "let the service send it to patient-events only"),
        ({}, "is a duplicate of {0}: another eventId, the same content", NO_SECOND),
        (
            {"eventId": USED_ID, "payload": {}},
            f'has the eventId "{USED_ID}" that {{0}} has, but is another event',
            MAKE_AN_ID,
        ),
    ],
)
def test_exactly_one_names_what_came_again(
    scene: Scene, changed: dict[str, Any], explained: str, advice: str
) -> None:
    scene.expect()
    first, second = scene.event(eventId=USED_ID), scene.event(**changed)
    scene.arrive(first)
    scene.recorder.coming = [second]
    scene.answer(200, "[]")
    assert lines(failure(exactly, scene.observer, 0)) == [
        "Expected: no other patient.created event",
        f"but: 1 came: {event_in(second)} {explained.format(first.place)}",
        *CAUSED,
        f"next:     {advice}",
    ]


def test_nothing_published_reads_up_to_the_fence_and_ignores_foreign_traffic(scene: Scene) -> None:
    scene.arrive(scene.event())
    after = scene.recorder.cursor
    scene.recorder.coming = foreign_traffic()
    check_nothing_published(scene.observer, "Then no event is published", after)
    assert scene.recorder.coming == []
    (negative,) = scene.scenario_log.negative_expectations
    assert negative.step == "Then no event is published", "the audit keeps watching"


@pytest.mark.parametrize(
    ("event_type", "other", "expected"),
    [
        (None, {}, "no event"),
        (CREATED, {}, "no patient.created event"),
        (None, {"other": True}, "no other event"),
        (CREATED, {"other": True}, "no other patient.created event"),
    ],
)
def test_nothing_published_fails_with_the_first_event_of_the_type(
    scene: Scene, event_type: str | None, other: dict[str, bool], expected: str
) -> None:
    scene.publish_expected(CREATED)
    scene.answer(201, "{}", method="POST")
    scene.answer(200, "[]")
    came = scene.event(patient_id=6)
    scene.recorder.coming = [*foreign_traffic(), *([scene.event(UPDATED)] if event_type else []), came]
    check = partial(check_nothing_published, scene.observer, "Then", 0, event_type, **other)
    first = lines(failure(check))
    scene.arrive(scene.event(patient_id=6))
    assert first == [
        f"Expected: {expected}",
        f"but: 1 came: {event_in(came)} was not caused by any action of this scenario",
        "step:     When I POST it",
        "request:  POST /api/patients/5 -> 201 in 4 ms",
        "platform: all is well",
        "next:     see why POST publishes this event: the contract has none, or another one, for it",
    ]
    assert lines(failure(check))[1].startswith(f"but: 2 came, first: {event_in(came)} ")


def test_nothing_published_is_not_claimed_while_the_journal_cannot_be_read(scene: Scene) -> None:
    scene.arrive(scene.event())
    scene.recorder.coming = [scene.event()]
    scene.troubles.append("the recorder cannot be followed")
    with pytest.raises(AssertionError) as failed:
        check_nothing_published(scene.observer, "Then", 0)
    assert str(failed.value) == (
        "the journal's newest entries: the recorder cannot be followed. Last seen: 1 entries are on their way"
    )


def test_a_matcher_only_looks_and_may_be_evaluated_twice(scene: Scene) -> None:
    expected = [scene.expect()]
    seen = scene.observer.await_events(expected, 0)
    published: Matcher[Any] = HasPublished(CREATED, 1, expected)
    message = failure(assert_that, seen, published)
    scene.arrive(scene.event())
    assert failure(assert_that, seen, published) == message, "what comes after the observation does not change it"
    assert_that(seen, not_(published))
    assert_that(scene.observer.await_events(expected, LONG_TIMEOUT), published)
    assert scene.scenario_log.negative_expectations == []
