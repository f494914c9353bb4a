"""The ledger: whose a record is, and which event fulfils which expectation."""

import json
from typing import Any

import pytest

from bdd.events.event import NotAnEvent, read_event
from bdd.recorder.record import Record
from tests.unit.builders import Change, Scene, envelope, record

THERAPISTS = "therapist-events"
NO_EVENTS = {
    "a tombstone": None,
    "empty": b"",
    "not UTF-8": b"\xff\xfe",
    "not JSON": b"{'a': 1}",
    "cut off": b'{"eventType": "patient.created"',
    "a list": b"[]",
    "a number": b"5",
    "no eventType": b'{"patient_id": 5}',
    "an eventType that is no text": b'{"eventType": 5}',
    "nested without end": b"[" * 100_000,
    "a number without end": b'{"eventType": "patient.created", "version": ' + b"1" * 5000 + b"}",
}


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_record_is_known_by_its_key(scene: Scene) -> None:
    assert scene.ledger.owner(record(b"rubbish", key=b"5")) is scene.account


@pytest.mark.parametrize("patient_id", [5, "5"])
def test_a_record_with_a_wrong_key_is_known_by_its_patient_id(scene: Scene, patient_id: object) -> None:
    fields = envelope("patient.deleted", {"patient_id": patient_id})
    assert scene.ledger.owner(record(fields, key=None)) is scene.account


@pytest.mark.parametrize("topic", ["patient-events", "some-other-topic"])
def test_a_record_with_a_wrong_key_and_id_is_known_by_its_mark(scene: Scene, topic: str) -> None:
    value = f'{{"nachname": "Mustermann-{scene.account.mark}", cut off'.encode()
    assert scene.ledger.owner(record(value, key=b"99", topic=topic)) is scene.account


def test_marks_do_not_mix_up_scenarios_whose_numbers_begin_alike(scene: Scene) -> None:
    accounts = [scene.open_account(f"Scenario {number}", number, patient_id=number) for number in range(100, 112)]
    found = [scene.ledger.owner(record(account.mark.encode(), key=None)) for account in accounts]
    assert found == accounts


@pytest.mark.parametrize(
    "foreign",
    [
        record(envelope("patient.created", {"patient_id": 6}), key=b"6"),
        record(envelope("patient.deleted", {"patient_id": 55}), key=b"55"),
        record(envelope("patient.deleted", {"therapist_id": 5}), key=None),
        record(b"5", key=b"05"),
        record(b"bddOTHERx1z", key=None),
        record(b"bddt3stx999z", key=None),
    ],
)
def test_what_has_no_link_to_the_run_is_foreign(scene: Scene, foreign: Record) -> None:
    assert scene.ledger.owner(foreign) is None


@pytest.mark.parametrize("event_type", ["therapist.created", "therapist.blocked"])
def test_the_equal_key_of_another_service_is_foreign(scene: Scene, event_type: str) -> None:
    fields = envelope(event_type, {"therapist_id": 5})
    assert scene.ledger.owner(record(fields, topic=THERAPISTS, key=b"5")) is None


@pytest.mark.parametrize("value", [None, b"", b"rubbish"])
def test_a_broken_record_of_another_service_with_an_equal_key_is_foreign(scene: Scene, value: bytes | None) -> None:
    assert scene.ledger.owner(record(value, topic=THERAPISTS, key=b"5")) is None


def test_what_another_service_lawfully_says_of_our_patient_is_foreign(scene: Scene) -> None:
    payload = {"patient_id": 5, "to": f"{scene.account.mark}@example.org"}
    lawful = record(envelope("match.created", payload), topic="matching-events")
    assert scene.ledger.owner(lawful) is None
    on_a_wrong_topic = record(envelope("match.created", payload), topic=THERAPISTS)
    assert scene.ledger.owner(on_a_wrong_topic) is scene.account


def test_a_patient_event_on_a_wrong_topic_is_ours(scene: Scene) -> None:
    assert scene.ledger.owner(scene.event("patient.deleted", topic=THERAPISTS)) is scene.account


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


def test_an_event_that_comes_after_a_first_look_is_found(scene: Scene) -> None:
    expectation = scene.expect()
    scene.arrive(record(b"rubbish"))
    assert scene.ledger.claim(expectation) is None
    came = scene.arrive(scene.event())
    claim = scene.ledger.claim(expectation)
    assert claim is not None
    assert claim.record is came


def test_only_what_came_after_the_action_can_fulfil_it(scene: Scene) -> None:
    scene.arrive(scene.event())
    expectation = scene.expect()
    assert scene.ledger.claim(expectation) is None


def test_an_event_id_that_was_used_before_is_refused(scene: Scene) -> None:
    first = scene.publish_expected()
    used = read_event(first).id
    expectation = scene.expect("patient.deleted")
    again = scene.arrive(scene.event("patient.deleted", change=lambda fields: fields.update(eventId=used)))
    assert scene.ledger.claim(expectation) is None
    (told,) = scene.ledger.differences(expectation, read_event(again))
    assert told.startswith(f'its eventId "{used}" was used before, by the patient.created at {first.place}')


def test_a_patient_that_moves_to_another_partition_is_refused(scene: Scene) -> None:
    scene.publish_expected(partition=1)
    expectation = scene.expect("patient.deleted")
    moved = scene.arrive(scene.event("patient.deleted", partition=2))
    assert scene.ledger.claim(expectation) is None
    told = scene.ledger.differences(expectation, read_event(moved))
    assert told == ["it is in partition 2, earlier events of this patient are in 1"]


def test_another_patient_may_be_in_another_partition(scene: Scene) -> None:
    scene.publish_expected(partition=1)
    expectation = scene.expect("patient.deleted", patient_id=6)
    scene.arrive(scene.event("patient.deleted", patient_id=6, partition=2))
    assert scene.ledger.claim(expectation)


@pytest.mark.parametrize(
    "change",
    [
        lambda fields: fields.update(version="1.1"),
        lambda fields: fields.update(producer="patient_service"),
        lambda fields: fields.update(eventType="patient.updated"),
        lambda fields: fields.update(traceId="1"),
        lambda fields: fields.update(eventId="5"),
        lambda fields: fields.update(timestamp="2020-01-01T00:00:00"),
        lambda fields: fields.update(payload=json.dumps(fields["payload"])),
        lambda fields: fields["payload"].update(patient_id="5"),
        lambda fields: fields["payload"]["patient_data"].update(status="PatientStatus.OPEN"),
        *[lambda fields, name=name: fields.pop(name) for name in ("eventId", "version", "timestamp", "payload")],
    ],
)
def test_one_difference_is_enough_to_refuse_an_event(scene: Scene, change: Change) -> None:
    expectation = scene.expect()
    came = scene.arrive(scene.event(change=change))
    assert scene.ledger.claim(expectation) is None
    assert len(scene.ledger.differences(expectation, read_event(came))) == 1


@pytest.mark.parametrize("place", [{"key": b"6"}, {"key": None}, {"key": b"\xff"}, {"topic": THERAPISTS}])
def test_an_event_in_a_wrong_place_is_refused(scene: Scene, place: dict[str, Any]) -> None:
    expectation = scene.expect()
    came = scene.arrive(scene.event(**place))
    assert scene.ledger.claim(expectation) is None
    assert len(scene.ledger.differences(expectation, read_event(came))) == 1


@pytest.mark.parametrize("key", [b"5", None, b"\xff"])
@pytest.mark.parametrize("value", NO_EVENTS.values(), ids=NO_EVENTS.keys())
def test_a_record_that_is_no_event_is_passed_over(scene: Scene, value: bytes | None, key: bytes | None) -> None:
    expectation = scene.expect()
    broken = record(value, key=key)
    good = scene.event()
    scene.arrive(broken, good)
    assert scene.ledger.claim(expectation)
    assert [event.record for event in scene.ledger.events(0)] == [good]
    assert scene.ledger.owner(broken) is (scene.account if key == b"5" else None)
    assert scene.ledger.unclaimed(scene.account, 0) == ([broken] if key == b"5" else [])


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "it has no value (a tombstone)"),
        (b"a\xff", "its value is not UTF-8: invalid start byte at byte 1"),
        (b"{", "its value is not JSON: "),
        (b"[]", "its value is JSON, but no object with an eventType"),
    ],
)
def test_what_is_no_event_says_what_it_is(value: bytes | None, said: str) -> None:
    with pytest.raises(NotAnEvent) as fault:
        read_event(record(value))
    assert str(fault.value).startswith(said)
