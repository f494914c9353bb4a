"""The ledger: whose a record is, and which event fulfils which expectation."""

import pytest

from bdd.kafka.record import Record
from tests.support.builders import Scene, envelope, event_in, record

THERAPISTS = "therapist-events"
NO_EVENTS = {
    "a tombstone": None,
    "empty": b"",
    "not UTF-8": b"\xff\xfe",
    "not JSON": b"{'a': 1}",
    "cut off": b'{"eventType": "patient.created"',
    "a list": b"[]",
    "a number": b"5",
    "no eventType": b'{"payload": {}}',
    "an eventType that is no text": b'{"eventType": 5}',
    "nested without end": b"[" * 100_000,
    "two values for one name": b'{"eventType": "patient.created", "eventType": "patient.deleted"}',
    "a number without end": b'{"eventType": "patient.created", "version": ' + b"1" * 5000 + b"}",
}


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.mark.parametrize("patient_id", [5, "5"])
def test_a_record_with_a_wrong_key_is_known_by_its_patient_id(scene: Scene, patient_id: object) -> None:
    fields = envelope("patient.deleted", {"patient_id": patient_id})
    assert scene.ledger.owner(record(fields, key=None)) is scene.scenario_log


@pytest.mark.parametrize("topic", ["patient-events", "some-other-topic"])
def test_a_record_with_a_wrong_key_and_id_is_known_by_its_mark(scene: Scene, topic: str) -> None:
    value = f'{{"nachname": "Mustermann-{scene.scenario_log.mark}", cut off'.encode()
    assert scene.ledger.owner(record(value, key=b"99", topic=topic)) is scene.scenario_log


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


def test_what_another_service_lawfully_says_of_our_patient_is_foreign(scene: Scene) -> None:
    payload = {"patient_id": 5, "to": f"{scene.scenario_log.mark}@example.org"}
    valid = record(envelope("match.created", payload), topic="matching-events")
    assert scene.ledger.owner(valid) is None
    on_a_wrong_topic = record(envelope("match.created", payload), topic=THERAPISTS)
    assert scene.ledger.owner(on_a_wrong_topic) is scene.scenario_log


def test_an_event_is_claimed_once(scene: Scene) -> None:
    first, second = scene.expect(), scene.expect()
    came = scene.arrive(scene.event())
    claim = scene.ledger.claim(first)
    assert claim is not None
    assert claim.record is came
    assert scene.ledger.claim(second) is None
    assert (scene.ledger.claimant(came), first.claim, second.claim) == (first, claim, None)


def test_two_equal_expectations_are_met_by_two_events(scene: Scene) -> None:
    expectations = [scene.expect(), scene.expect()]
    came = [scene.event(), scene.event()]
    scene.arrive(*came)
    claims = [scene.ledger.claim(each) for each in expectations]
    assert [claim.record for claim in claims if claim] == came


def test_only_what_came_after_the_action_can_fulfil_it(scene: Scene) -> None:
    scene.arrive(scene.event())
    expectation = scene.expect()
    assert scene.ledger.claim(expectation) is None


def test_an_event_id_that_was_used_before_is_refused(scene: Scene) -> None:
    first = scene.publish_expected()
    used = event_in(first).id
    expectation = scene.expect("patient.deleted")
    again = scene.arrive(scene.event("patient.deleted", eventId=used))
    assert scene.ledger.claim(expectation) is None
    (told,) = scene.ledger.differences(expectation, event_in(again))
    assert told.startswith(f'its eventId "{used}" was used before, by the patient.created at {first.place}')


def test_a_patient_that_moves_to_another_partition_is_refused(scene: Scene) -> None:
    scene.publish_expected(partition=1)
    expectation = scene.expect("patient.deleted")
    moved = scene.arrive(scene.event("patient.deleted", partition=2))
    assert scene.ledger.claim(expectation) is None
    told = scene.ledger.differences(expectation, event_in(moved))
    assert told == ["it is in partition 2, earlier events of this patient are in 1"]


@pytest.mark.parametrize(
    ("made", "seconds_later", "refused"),
    [
        ("2026-05-28T20:26:40.010001", 0.05, True),
        ("2026-05-28T20:26:40.010001Z", 0.05, True),
        ("2026-05-28T20:26:40.010001", 0.01, False),  # less than the step of some clocks
        ("2026-05-28T20:26:40.010", 0.05, False),
        ("2026-05-28T20:26:40", 0.05, False),
    ],
)
def test_a_time_that_an_earlier_event_of_the_patient_has_is_refused(
    scene: Scene, made: str, seconds_later: float, refused: bool
) -> None:
    expectation = scene.expect()
    first = scene.arrive(scene.event(timestamp=made))
    assert scene.ledger.claim(expectation)
    changed = scene.expect("patient.updated")
    changed.requested_at = first.received + seconds_later
    again = scene.arrive(scene.event("patient.updated", timestamp=made))
    told = scene.ledger.differences(changed, event_in(again))
    place = f'patient.created at {first.place}, key "5"'
    wrong = f"its timestamp is that of the {place}, which had come before this request was sent"
    assert told == ([wrong] if refused else [])


@pytest.mark.parametrize("key", [b"5", None, b"\xff"])
@pytest.mark.parametrize("value", NO_EVENTS.values(), ids=NO_EVENTS.keys())
def test_a_record_that_is_no_event_is_passed_over(scene: Scene, value: bytes | None, key: bytes | None) -> None:
    expectation = scene.expect()
    broken = record(value, key=key)
    good = scene.event()
    scene.arrive(broken, good)
    assert scene.ledger.claim(expectation)
    assert [event.record for event in scene.ledger.events(0)] == [good]
    assert scene.ledger.owner(broken) is (scene.scenario_log if key == b"5" else None)
    assert scene.ledger.unclaimed(scene.scenario_log, 0, 2) == ([(0, broken)] if key == b"5" else [])
