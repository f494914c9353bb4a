"""The ledger: whose a record is, which event fulfils which expectation, and in which order they are."""

import pytest
from hamcrest import assert_that

from bdd.contracts import asyncapi as contract
from bdd.contracts.asyncapi import Subject
from bdd.contracts.event import read_event
from bdd.contracts.event_schemas import event_schemas
from bdd.kafka.record import Record
from bdd.verdict.matchers import HasKeptOrder
from bdd.verdict.scenario_log import IN_ORDER
from tests.support.builders import TOPIC, Scene, envelope, event_in, failure, lines, mismatch, record

THERAPISTS = "therapist-events"
NOT_EVENTS = [
    (None, "it has no value (a tombstone)"),
    (b"", "its value is not JSON: Expecting value: line 1 column 1 (char 0)"),
    (b"\xff\xfe", "its value is not UTF-8: invalid start byte at byte 0"),
    (b"{'a': 1}", "its value is not JSON: "),
    (b'{"eventType": "patient.created"', "its value is not JSON: "),
    (b"[NaN]", "its value is not JSON: NaN is not JSON"),
    (
        b'\0\0\0\1\2{"eventType": "patient.created"}',
        "its value is not JSON: it begins with the prefix of a schema registry (a zero byte, and 258 as",
    ),
    (b"\0\0\0", "its value is not JSON: Expecting value: line 1 column 1 (char 0)"),
    (b"[]", "its value is JSON, but not an object with an eventType"),
    (b"5", "its value is JSON, but not an object with an eventType"),
    (b'{"payload": {}}', "its value is JSON, but not an object with an eventType"),
    (b'{"eventType": 5}', "its value is JSON, but not an object with an eventType"),
    (b"[" * 100_000, "its value is not JSON: "),
    (b'{"eventType": "patient.created", "eventType": "patient.deleted"}', "its value is not JSON: "),
    (b'{"eventType": "patient.created", "version": ' + b"1" * 5000 + b"}", "its value is not JSON: "),
]


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_record_with_a_wrong_key_is_known_by_its_patient_id_or_its_mark(scene: Scene) -> None:
    assert scene.scenario_log.mark == "bddt3stx1z"
    marked = b'{"nachname": "Mustermann-bddt3stx1z", cut off'
    for own in (
        record(envelope("patient.deleted", {"patient_id": 5}), key=None),
        record(envelope("patient.deleted", {"patient_id": "5"}), key=None),
        record(marked, key=b"99"),
        record(marked, key=b"99", topic="some-other-topic"),
    ):
        assert scene.ledger.owner(own) is scene.scenario_log


@pytest.mark.parametrize(
    "foreign",
    [
        record(envelope("patient.created", {"patient_id": 6}), key=b"6"),
        record(envelope("patient.deleted", {"patient_id": 55}), key=b"55"),
        record(envelope("patient.deleted", {"therapist_id": 5}), key=None),
        record(b"5", key=b"05"),
        record(envelope("therapist.created", {"therapist_id": 5}), topic=THERAPISTS, key=b"5"),
        record(None, topic=THERAPISTS, key=b"5"),
        record(b"rubbish", topic=THERAPISTS, key=b"5"),
        record(b"bddOTHERx1z", key=None),
        record(b"bddt3stx999z", key=None),
    ],
)
def test_what_has_no_link_to_the_run_is_foreign(scene: Scene, foreign: Record) -> None:
    assert scene.ledger.owner(foreign) is None


def test_a_valid_event_of_another_service_about_the_patient_is_foreign(scene: Scene) -> None:
    payload = {"patient_id": 5, "to": f"{scene.scenario_log.mark}@example.org"}
    valid = record(envelope("match.created", payload), topic="matching-events")
    assert scene.ledger.owner(valid) is None
    for topic in (THERAPISTS, "a-topic-of-nobody"):
        on_a_wrong_topic = record(envelope("match.created", payload), topic=topic)
        assert scene.ledger.owner(on_a_wrong_topic) is scene.scenario_log


def test_a_patient_and_a_therapist_of_one_id_are_two(scene: Scene) -> None:
    therapists = scene.ledger.open_scenario_log("A therapist", "features/therapist_created.feature:3")
    scene.ledger.watch(therapists, Subject(THERAPISTS, "5"))
    silent = scene.expect()
    of_therapist = {"producer": "therapist-service"}
    for record_, owner in (
        (record(envelope("therapist.blocked", {"therapist_id": 5}) | of_therapist, topic=THERAPISTS), therapists),
        (record(envelope("therapist.blocked", {"therapist_id": 5}), topic=THERAPISTS, key=None), therapists),
        (record(None, topic=THERAPISTS), therapists),
        (record(None), scene.scenario_log),
        (record(envelope("patient.updated", {"patient_id": 5})), scene.scenario_log),
        # On the other's topic the type says whose it is.
        (record(envelope("therapist.updated", {"therapist_id": 5}) | of_therapist), therapists),
        (record(envelope("patient.updated", {"patient_id": 5}), topic=THERAPISTS), scene.scenario_log),
    ):
        scene.arrive(record_)
        assert scene.ledger.owner(record_) is owner, record_
    payload = {"therapist_id": 5, "therapist_data": silent.payload["patient_data"]}
    scene.arrive(record(envelope("therapist.created", payload), topic=THERAPISTS))
    assert scene.ledger.claim(silent) is None


def test_equal_expectations_are_met_by_as_many_events_each_claimed_once(scene: Scene) -> None:
    scene.arrive(scene.event())  # before the actions: it fulfils none
    expectations = [scene.expect() for _ in range(3)]
    came = [scene.event(), scene.event()]
    scene.arrive(*came)
    claims = [scene.ledger.claim(each) for each in expectations]
    assert [claim and claim.record for claim in claims] == [*came, None]
    assert [scene.ledger.claimant(each) for each in came] == expectations[:2]
    assert [each.claim for each in expectations] == claims


@pytest.mark.parametrize(
    ("made", "seconds_later", "refused"),
    [
        ("2026-05-28T20:26:40.010001", 0.05, True),
        ("2026-05-28T20:26:40.010001Z", 0.05, True),
        ("2026-05-28T20:26:40.010001", 0.01, False),  # less than the step of some clocks
        ("2026-05-28T20:26:40.010", 0.05, False),
        ("2026-05-28T20:26:40", 0.05, False),
    ],
    ids=["to the microsecond", "with an offset", "too soon", "to the millisecond", "to the second"],
)
def test_a_time_that_an_earlier_event_of_the_patient_has_is_refused(
    scene: Scene, made: str, seconds_later: float, refused: bool
) -> None:
    first = scene.publish_expected(timestamp=made)
    expectation = scene.expect("patient.updated")
    expectation.requested_at = first.received + seconds_later
    again = scene.arrive(scene.event("patient.updated", timestamp=made))
    earlier = f'the patient.created at {first.place}, key "5"'
    difference = f"its timestamp is that of {earlier}, which had come before this request was sent"
    assert scene.ledger.differences(expectation, event_in(again)) == ([difference] if refused else [])
    assert (scene.ledger.claim(expectation) is None) is refused


@pytest.mark.parametrize("key", [b"5", None, b"\xff"])
@pytest.mark.parametrize(("value", "reason"), NOT_EVENTS, ids=[reason for _, reason in NOT_EVENTS])
def test_a_record_that_is_not_an_event_is_passed_over_and_says_why(
    scene: Scene, value: bytes | None, reason: str, key: bytes | None
) -> None:
    expectation = scene.expect()
    broken, good = record(value, key=key), scene.event()
    scene.arrive(broken, good)
    assert scene.ledger.claim(expectation)
    assert [event.record for event in scene.ledger.events(0)] == [good]
    assert scene.ledger.owner(broken) is (scene.scenario_log if key == b"5" else None)
    assert scene.ledger.unclaimed(scene.scenario_log, 0, 2) == ([(0, broken)] if key == b"5" else [])
    (violation,) = event_schemas(contract.current()).violations(read_event(broken))
    assert violation.startswith(reason)


def test_order_is_kept_when_offsets_follow_the_actions_of_each_patient(scene: Scene) -> None:
    message = lines(failure(assert_that, scene.observer, HasKeptOrder("patient")))
    assert message[1:] == ["but: no earlier step has seen an event of a patient of this scenario"]
    scene.ledger.watch(scene.scenario_log, Subject(TOPIC, "6"))
    for patient_id, offset in ((5, 3), (6, 1), (5, 4), (6, 2)):
        expectation = scene.expect(patient_id=patient_id)
        scene.arrive(scene.event(patient_id=patient_id, partition=patient_id % 3, offset=offset))
        assert scene.ledger.claim(expectation)
    scene.expect("patient.deleted")
    assert_that(scene.observer, HasKeptOrder("patient"))


def test_order_is_broken_when_a_later_change_lies_before_an_earlier_one(scene: Scene) -> None:
    created = scene.publish_expected("patient.created", offset=9)
    deleted = scene.publish_expected("patient.deleted", offset=8)
    scene.answer(200, "[]")
    assert lines(failure(assert_that, scene.observer, HasKeptOrder("patient"))) == [
        "Expected: each patient's events in one partition, in the order of the changes",
        f"but: patient 5: {event_in(deleted)} lies before {event_in(created)}, whose change came first",
        "step:     something causes patient.deleted",
        "request:  POST /api/patients -> 201 in 4 ms",
        "platform: all is well",
        f"next:     {IN_ORDER.format(noun='patient')}",
    ]


def test_order_is_broken_by_another_partition(scene: Scene) -> None:
    scene.publish_expected("patient.created", partition=1)
    moved = scene.event("patient.deleted", partition=2)
    scene.expect("patient.deleted").claim = event_in(moved)  # a claim that the ledger itself would refuse
    message = mismatch(failure(assert_that, scene.observer, HasKeptOrder("patient")))
    assert message.startswith(f"patient 5: {event_in(moved)} is in another partition than patient.created at ")
