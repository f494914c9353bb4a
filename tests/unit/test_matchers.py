"""The verdicts as people read them: what `assert_that` prints after `but:`."""

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hamcrest import assert_that, not_

from bdd.domain.patients import stored_data, synthetic_data
from bdd.kafka.record import Record
from bdd.verdict.checks import check_nothing_published, check_published
from bdd.verdict.matchers import HasKeptOrder, HasPublished
from bdd.verdict.observer import Observer
from tests.support.builders import (
    LONG_TIMEOUT,
    SHORT_TIMEOUT,
    Change,
    Scene,
    envelope,
    event_in,
    failure,
    mismatch,
    record,
)

if TYPE_CHECKING:
    from hamcrest.core.matcher import Matcher

CREATED = "patient.created"
STEP = "Then exactly one is published"


@pytest.fixture
def scene() -> Scene:
    return Scene()


def foreign_traffic() -> list[Record]:
    return [
        record(envelope("therapist.created", {"therapist_id": 5}), topic="therapist-events"),
        record(envelope(CREATED, {"patient_id": 99, "patient_data": {}}), key=b"99"),
        record(b"rubbish", key=None),
    ]


def exactly(observer: Observer, timeout: float, times: int = 1) -> None:
    after = check_published(observer, CREATED, timeout, times)
    check_nothing_published(observer, STEP, after, CREATED, other=True)


def test_an_event_that_is_there_is_found_without_waiting(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.expect()
    scene.arrive(*foreign_traffic(), scene.event())
    monkeypatch.delattr(scene.recorder.__class__, "wait_for_more")
    check_published(scene.observer, CREATED, 0)


def test_an_event_that_comes_during_the_wait_ends_it(scene: Scene) -> None:
    expectation = scene.expect()
    late = scene.event()
    scene.recorder.coming = [*foreign_traffic(), late, record(b"not read any more")]
    check_published(scene.observer, CREATED, LONG_TIMEOUT)
    assert expectation.claim is not None
    assert expectation.claim.record is late
    assert len(scene.recorder.coming) == 1, "the wait ends with the event it waits for"


def test_several_events_are_found_in_any_order(scene: Scene) -> None:
    for patient_id in (5, 6, 7):
        scene.expect(patient_id=patient_id)
    scene.recorder.coming = [scene.event(patient_id=patient_id) for patient_id in (7, 5, 6)]
    exactly(scene.observer, LONG_TIMEOUT, 3)


def test_nothing_recorded_says_so_and_how_long_was_waited(scene: Scene) -> None:
    scene.expect()
    but = failure(check_published, scene.observer, CREATED, SHORT_TIMEOUT)
    assert mismatch(but) == "nothing about it was recorded since the request, on any topic: 0.05 s were waited"
    assert "recorded: nothing else since the request\n" in but
    assert "step:     something causes patient.created\n" in but
    assert "request:  POST /api/patients -> 201 in 4 ms\n" in but
    assert "next:     see in the service's log whether it published patient.created" in but


@pytest.mark.parametrize(
    ("place", "change", "said"),
    [
        ({"key": b"6"}, None, 'its key is "6", expected "5"'),
        ({"key": None}, None, 'its key is none, expected "5"'),
        ({"key": b"\x00\x05\xff"}, None, r'its key is "\x00\x05\xff", expected "5"'),
        ({"topic": "therapist-events"}, None, "it is on topic therapist-events, expected patient-events"),
        (
            {},
            lambda fields: fields.update(eventType="patient.updated"),
            'eventType is "patient.updated", expected "patient.created"',
        ),
        (
            {},
            lambda fields: fields["payload"]["patient_data"].pop("anrede"),
            'payload.patient_data.anrede is missing, expected "Frau"',
        ),
        (
            {},
            lambda fields: fields["payload"]["patient_data"].update(alter=40),
            "payload.patient_data.alter is extra: 40",
        ),
        (
            {},
            lambda fields: fields["payload"].update(patient_id="5"),
            'payload.patient_id is "5", expected 5: text in place of a number',
        ),
        (
            {},
            lambda fields: fields["payload"]["patient_data"].update(status="PatientStatus.OPEN"),
            'payload.patient_data.status is "PatientStatus.OPEN", expected "offen": '
            "a Python enum's name in place of its value",
        ),
        ({}, lambda fields: fields.update(eventId="5"), 'eventId is "5", expected a UUID as text'),
        (
            {},
            lambda fields: fields.update(timestamp="gestern"),
            'timestamp is "gestern", expected an ISO 8601 time in UTC',
        ),
        ({}, lambda fields: fields.update(version="1.1"), 'version is "1.1", expected "1.0"'),
        ({}, lambda fields: fields.update(producer="x"), 'producer is "x", expected "patient-service"'),
        ({}, lambda fields: fields.update(traceId="1"), 'traceId is extra: "1"'),
        ({}, lambda fields: fields.pop("version"), 'version is missing, expected "1.0"'),
    ],
)
def test_a_near_miss_names_the_field(scene: Scene, place: dict[str, Any], change: Change | None, said: str) -> None:
    what_next = "correct this where the service makes its patient.created event"
    if said.startswith(("its key", "it is on topic", "timestamp")):
        what_next = "let the service "
    scene.expect()
    near = scene.event(change=change or (lambda fields: None), **place)
    scene.arrive(*foreign_traffic(), near)
    but = failure(check_published, scene.observer, CREATED, SHORT_TIMEOUT)
    assert mismatch(but) == f"the closest event differs in 1 way: {said}"
    assert f"closest:  {event_in(near)}, 20 ms after the request" in but
    assert f"next:     {what_next}" in but
    assert "recorded: 3 foreign records\n" in but


@pytest.mark.parametrize("name", ["eventId", "timestamp"])
def test_a_missing_field_without_a_fixed_value_is_not_said_to_be_null(scene: Scene, name: str) -> None:
    scene.expect()
    scene.arrive(scene.event(change=lambda fields: fields.pop(name)))
    told = mismatch(failure(check_published, scene.observer, CREATED, 0))
    assert f"{name} is missing" in told
    assert "expected null" not in told


def test_the_event_that_differs_least_is_the_closest(scene: Scene) -> None:
    scene.expect()
    near = scene.event(change=lambda fields: fields.update(version="2", producer="x"))
    far = scene.event("patient.deleted", change=lambda fields: fields.update(version="2"))
    scene.arrive(far, near, far)
    but = failure(check_published, scene.observer, CREATED, 0)
    assert mismatch(but) == 'the closest event differs in 2 ways: version is "2", expected "1.0"'
    assert '- producer is "x", expected "patient-service"' in but
    assert str(event_in(near)) in but


def test_the_payload_of_another_scenarios_patient_is_named_although_the_next_event_differs_less(
    scene: Scene,
) -> None:
    other = scene.open_scenario_log("Another scenario", 20, patient_id=6)
    of_other = stored_data(synthetic_data(other.mark))
    scene.expect()
    scene.arrive(
        scene.event(change=lambda fields: fields.update(payload={"patient_id": 6, "patient_data": of_other})),
        scene.event("patient.updated"),
    )
    but = failure(check_published, scene.observer, CREATED, SHORT_TIMEOUT)
    assert mismatch(but) == "the closest event differs in 3 ways: payload.patient_id is 6, expected 5"


def test_an_event_that_names_nobody_is_another_patients_when_its_key_is(scene: Scene) -> None:
    scene.expect()
    nameless = envelope(CREATED, {"patient_data": {}})
    scene.arrive(record(nameless, key=b"6"))
    assert mismatch(failure(check_published, scene.observer, CREATED, 0)).startswith(
        "nothing about it was recorded"
    )
    scene.arrive(record(nameless, key=None))
    assert mismatch(failure(check_published, scene.observer, CREATED, 0)).startswith(
        "the closest event differs in "
    )
    broken = scene.arrive(record(None))
    assert broken.place in mismatch(failure(check_published, scene.observer, CREATED, 0)), (
        "ours comes before anybody's"
    )


@pytest.mark.parametrize("value", [None, b'{"eventType": "patient.cre', b"\xff"])
def test_a_record_of_ours_that_is_no_event_is_named(scene: Scene, value: bytes | None) -> None:
    scene.expect()
    broken = scene.arrive(record(value))
    told = mismatch(failure(check_published, scene.observer, CREATED, 0))
    assert told.startswith(f"a record at {broken.place} is about it but is not an event: it")


def test_trouble_ends_the_wait_at_once_and_is_told(scene: Scene) -> None:
    scene.expect()
    scene.troubles.append("the broker has ended with code 137")
    scene.recorder.coming = [record(b"rubbish", key=None), scene.event()]
    but = failure(check_published, scene.observer, CREATED, LONG_TIMEOUT)
    assert mismatch(but).endswith("on any topic: the broker has ended with code 137")
    assert len(scene.recorder.coming) == 2, "nothing is awaited after the first look"


def test_a_stale_read_is_called_by_its_name(scene: Scene) -> None:
    expectation = scene.expect("patient.updated")
    old: dict[str, Any] = scene.payload("patient.updated")
    new = old["patient_data"] | {"telefon": "+49 30 5550177", "anrede": None}
    expectation.payload, expectation.before = {**old, "patient_data": new}, old
    scene.arrive(scene.event("patient.updated"))
    but = failure(check_published, scene.observer, "patient.updated", SHORT_TIMEOUT)
    said = 'payload.patient_data.anrede is "Frau", expected null: its value before the change'
    assert mismatch(but) == f"the closest event differs in 2 ways: {said}"
    assert 'telefon is "+49 30 5550100", expected "+49 30 5550177": its value before the change\n' in but
    assert "next:     let the service make its event from what the change has stored" in but


def test_a_refused_request_asks_for_no_event_and_is_told(scene: Scene) -> None:
    scene.answer(500, "Internal Server Error", "/api/patients", "POST")
    but = failure(check_published, scene.observer, CREATED, LONG_TIMEOUT)
    refused = "POST /api/patients -> 500 in 4 ms: Internal Server Error"
    assert mismatch(but) == f"the service refused what would have caused it: {refused}"
    assert "step:     When I POST it\n" in but


@pytest.mark.parametrize("asked_for", [0, 2])
def test_a_step_that_asks_for_another_number_than_the_actions_says_so(scene: Scene, asked_for: int) -> None:
    for _ in range(asked_for):
        scene.expect()
    scene.recorder.coming = [scene.event()]
    message = mismatch(failure(check_published, scene.observer, CREATED, LONG_TIMEOUT))
    assert scene.recorder.coming, "nothing is waited for"
    assert message == f"the scenario's actions cause {asked_for} such events that no step has seen yet"


def test_exactly_one_sees_through_what_is_foreign_or_of_another_type(scene: Scene) -> None:
    scene.expect()
    scene.arrive(scene.event(), *foreign_traffic(), scene.event("patient.updated"))
    exactly(scene.observer, 0, 1)


def test_exactly_one_names_a_redelivery(scene: Scene) -> None:
    scene.expect()
    first = scene.event()
    again = record(first.value)
    scene.arrive(first)
    scene.recorder.coming = [again]
    said = f'is a redelivery of {first.place}: the same eventId "{event_in(first).id}"'
    told = mismatch(failure(exactly, scene.observer, 0))
    assert told == f"1 came: {event_in(again)} {said}"


def test_exactly_one_names_a_duplicate(scene: Scene) -> None:
    scene.expect()
    first, second = scene.event(), scene.event()
    scene.arrive(first, second)
    told = mismatch(failure(exactly, scene.observer, 0))
    said = f"is a duplicate of {first.place}: another eventId, the same content"
    assert told == f"1 came: {event_in(second)} {said}"


def test_nothing_published_reads_up_to_the_fence_and_ignores_foreign_traffic(scene: Scene) -> None:
    scene.arrive(scene.event())
    after = scene.recorder.cursor
    scene.recorder.coming = foreign_traffic()
    check_nothing_published(scene.observer, "I ask", after)
    assert scene.recorder.coming == []
    assert [negative.step for negative in scene.scenario_log.negative_expectations] == ["I ask"], (
        "the audit keeps watching"
    )


@pytest.mark.parametrize("event_type", [None, CREATED])
def test_nothing_published_fails_with_the_event_that_came(scene: Scene, event_type: str | None) -> None:
    late = scene.event()
    scene.recorder.coming = [*foreign_traffic(), late]
    but = failure(check_nothing_published, scene.observer, "I ask", 0, event_type)
    assert mismatch(but) == f"1 came: {event_in(late)} was not caused by any action of this scenario"
    assert "next:     publish only what was changed and stored" in but


def test_nothing_published_is_not_said_while_the_journal_cannot_be_read(scene: Scene) -> None:
    scene.recorder.coming = [scene.event()]
    scene.troubles.append("the recorder cannot be followed")
    with pytest.raises(AssertionError, match="the recorder cannot be followed"):
        check_nothing_published(scene.observer, "I ask", 0)


def test_order_is_kept_when_offsets_follow_the_actions(scene: Scene) -> None:
    for offset, event_type in enumerate((CREATED, "patient.updated", "patient.deleted")):
        scene.publish_expected(event_type, partition=1, offset=offset)
    assert_that(scene.observer, HasKeptOrder())


def test_order_is_broken_when_a_later_change_lies_before_an_earlier_one(scene: Scene) -> None:
    created = scene.publish_expected(CREATED, offset=9)
    deleted = scene.publish_expected("patient.deleted", offset=8)
    told = mismatch(failure(assert_that, scene.observer, HasKeptOrder()))
    wrong = f"{event_in(deleted)} lies before {event_in(created)}, whose change came first"
    assert told == f"patient 5: {wrong}"


def test_order_is_broken_by_another_partition(scene: Scene) -> None:
    scene.publish_expected(CREATED, partition=1)
    moved = scene.event("patient.deleted", partition=2)
    scene.expect("patient.deleted").claim = event_in(moved)  # a claim that the ledger itself would refuse
    told = mismatch(failure(assert_that, scene.observer, HasKeptOrder()))
    assert told.startswith(f"patient 5: {event_in(moved)} is in another partition than patient.created at ")


def test_the_expected_line_names_number_type_topic_and_keys(scene: Scene) -> None:
    scene.expect()
    message = failure(check_published, scene.observer, CREATED, 0)
    assert message.startswith('Expected: one patient.created event on patient-events with key "5"\n')
    scene.expect(patient_id=6)
    message = failure(check_published, scene.observer, CREATED, 0, 2)
    assert message.startswith('Expected: 2 patient.created events on patient-events with key "5", "6"\n')
    message = failure(check_published, scene.observer, CREATED, 0, 3)
    assert message.startswith("Expected: 3 patient.created events\n")


@pytest.mark.parametrize(
    ("other", "event_type", "expected"),
    [
        (False, None, "no event"),
        (False, CREATED, "no patient.created event"),
        (True, None, "no other event"),
        (True, CREATED, "no other patient.created event"),
    ],
)
def test_the_expected_line_says_what_must_not_come(
    scene: Scene, other: bool, event_type: str | None, expected: str
) -> None:
    scene.arrive(scene.event())
    check = partial(check_nothing_published, other=other)
    assert failure(check, scene.observer, "I ask", 0, event_type).startswith(f"Expected: {expected}\n")


def test_the_expected_line_describes_the_order(scene: Scene) -> None:
    message = failure(assert_that, scene.observer, HasKeptOrder())
    assert message.startswith("Expected: each patient's events in one partition, in the order of the changes\n")


def test_a_matcher_only_looks_and_may_be_negated_and_evaluated_twice(scene: Scene) -> None:
    expected = [scene.expect()]
    seen = scene.observer.await_events(expected, 0)
    published: Matcher[Any] = HasPublished(CREATED, 1, expected)
    messages = [failure(assert_that, seen, published) for _ in range(2)]
    assert messages[0] == messages[1]
    scene.arrive(scene.event())
    assert_that(seen, not_(published))
    assert_that(scene.observer.await_events(expected, LONG_TIMEOUT), published)
    assert "patient.created" in failure(assert_that, seen, not_(published))
    assert "Erika" not in failure(assert_that, seen, not_(published)), "no test data in the message"
    assert scene.scenario_log.negative_expectations == []


def test_an_event_of_the_scenario_is_nearer_than_a_strangers_with_fewer_differences(scene: Scene) -> None:
    scene.expect()
    own = scene.event("patient.deleted", change=lambda fields: fields.update(version="2", producer="x"))
    stranger = record(envelope(CREATED, {}), key=None)
    scene.arrive(stranger, own)
    assert f"closest:  {event_in(own)}" in failure(check_published, scene.observer, CREATED, 0)
