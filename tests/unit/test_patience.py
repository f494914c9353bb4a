"""How long a step waits for an event, and that a verdict costs no more for many events than one after the other."""

from collections import Counter
from dataclasses import replace
from typing import Any
from unittest.mock import Mock

import pytest
from hamcrest import assert_that

from bdd.contracts.asyncapi import Subject
from bdd.contracts.event import read_event
from bdd.recorder.client import RecorderUnreachable
from bdd.verdict.audit import audit, late_events
from bdd.verdict.checks import check_nothing_published, check_published
from bdd.verdict.expectation import Expectation
from bdd.verdict.matchers import HasKeptOrder
from tests.support.builders import LONG_TIMEOUT, NOW, SHORT_TIMEOUT, Scene, failure, record

CREATED, UPDATED, DELETED = "patient.created", "patient.updated", "patient.deleted"


@pytest.fixture
def scene() -> Scene:
    return Scene()


def missing(scene: Scene, event_type: str = CREATED, timeout: float = LONG_TIMEOUT) -> str:
    """Return the message of a step that must not wait until its deadline."""
    return failure(check_published, scene.observer, event_type, timeout)


@pytest.mark.parametrize(
    "wrong",
    [
        {"producer": "another-service"},
        {"key": None},
        {"topic": "therapist-events"},
        {"eventType": "patient.create"},
        {"eventId": 17},
        {"payload": {"patient_id": "5"}},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_the_wait_ends_behind_an_event_that_can_fulfil_no_expectation(scene: Scene, wrong: dict[str, Any]) -> None:
    scene.expect()
    scene.recorder.coming += [scene.event(**wrong), record(b"a foreign one", key=b"6")]
    assert "the closest event differs in " in missing(scene)
    assert scene.recorder.coming == [], "what was on its way when the event came has been read"


def test_the_wait_ends_behind_a_record_that_is_no_event(scene: Scene) -> None:
    scene.expect()
    scene.recorder.coming.append(record(b"{'eventId': "))
    assert "is about it but is not an event" in missing(scene)


def test_what_a_slow_recorder_reads_late_is_not_missing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.expect()
    fence = scene.recorder.fence

    def read_on() -> int:
        scene.recorder.coming = [record(b"a foreign one", key=b"6"), scene.event()]
        return fence()

    monkeypatch.setattr(scene.recorder, "fence", read_on)
    check_published(scene.observer, CREATED, SHORT_TIMEOUT)


def test_nothing_is_called_missing_while_the_recorder_is_behind(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.expect()
    behind = RecorderUnreachable("the recorder is 12 records behind")
    monkeypatch.setattr(scene.recorder, "fence", Mock(side_effect=behind))
    with pytest.raises(AssertionError, match=r"^the recorder is 12 records behind$"):
        check_published(scene.observer, CREATED, SHORT_TIMEOUT)


def test_the_expected_event_may_come_right_behind_a_wrong_one(scene: Scene) -> None:
    scene.expect()
    scene.recorder.coming += [scene.event(producer="x"), scene.event()]
    check_published(scene.observer, CREATED, LONG_TIMEOUT)


@pytest.mark.parametrize("repeated", ["redelivery", "duplicate", "another action", "foreign"])
def test_what_says_nothing_of_the_expected_event_does_not_end_the_wait(scene: Scene, repeated: str) -> None:
    first = scene.publish_expected()
    scene.expect(UPDATED)
    scene.expect(DELETED)
    others = {
        "redelivery": record(first.value),
        "duplicate": scene.event(),
        "another action": scene.event(DELETED),
        "foreign": record(b"5", key=b"6"),
    }
    scene.recorder.coming += [others[repeated], *[record(b"foreign", key=b"6")] * 20, scene.event(UPDATED)]
    check_published(scene.observer, UPDATED, LONG_TIMEOUT)


def test_after_three_in_vain_a_step_waits_only_as_long_as_such_events_usually_took(scene: Scene) -> None:
    scene.publish_expected(UPDATED)
    for number in range(3):
        scene.expect(DELETED)
        assert f"{SHORT_TIMEOUT:g} s were waited" in missing(scene, DELETED, SHORT_TIMEOUT), number
        scene.scenario_log.expectations.pop()
    late = scene.expect(DELETED)
    message = missing(scene, DELETED)
    assert f"not waited for longer than 0.1 s: 3 events before it were waited for {SHORT_TIMEOUT:g} s" in message
    scene.scenario_log.failed = True
    scene.arrive(scene.event(DELETED))
    assert audit(scene.ledger, scene.observer_of) == []
    (found,) = late_events(scene.ledger)
    assert found.expectation is late
    assert found.in_time
    assert str(found).endswith("came 0.0 s after the request, in time: this is not judged")


def test_a_service_that_loses_events_of_several_types_is_waited_for_three_times_in_all(scene: Scene) -> None:
    seconds = {}
    for event_type in (CREATED, UPDATED):
        scene.publish_expected(event_type)
    for number, event_type in enumerate((CREATED, UPDATED, UPDATED, CREATED, UPDATED, DELETED)):
        scene.expect(event_type)
        seconds[number] = scene.ledger.patience.seconds(scene.scenario_log.open(event_type), LONG_TIMEOUT).seconds
        missing(scene, event_type, SHORT_TIMEOUT)
        scene.scenario_log.expectations.pop()
    assert [each < LONG_TIMEOUT for each in seconds.values()] == [
        *(False, False, False),
        *(True, True),
        False,  # how long a deletion takes is not known yet
    ]


def test_an_event_that_came_after_its_deadline_is_reported_with_both_times(scene: Scene) -> None:
    scene.expect()
    missing(scene, timeout=SHORT_TIMEOUT)
    scene.scenario_log.failed = True
    came = scene.event()
    scene.arrive(replace(came, received=NOW + 7.3))
    audit(scene.ledger, scene.observer_of)
    (found,) = late_events(scene.ledger)
    assert not found.in_time
    assert str(found).endswith(f"came 7.3 s after the request, {SHORT_TIMEOUT:g} s were promised")


def test_a_type_whose_events_are_slow_is_waited_for_longer(scene: Scene) -> None:
    expectation = scene.expect()
    expectation.requested_at = NOW - 0.98  # its event comes 1 s later
    scene.arrive(scene.event())
    check_published(scene.observer, CREATED, LONG_TIMEOUT)
    patience = scene.ledger.patience
    lost = [scene.expect() for _ in range(3)]
    patience.note_vain(lost, 20.0)
    assert patience.seconds(lost, 20.0).seconds == pytest.approx(10, abs=0.1)
    assert patience.seconds(lost, 5.0).seconds == 5.0, "never longer than the deadline"


def work(monkeypatch: pytest.MonkeyPatch, patients: int) -> Counter[str]:
    """Count what the verdict of so many patients, created at once, costs: comparisons and parsings."""
    scene, counted = Scene(), Counter[str]()

    def count(name: str, function: Any) -> Any:
        return lambda *arguments: counted.update([name]) or function(*arguments)

    monkeypatch.setattr(Expectation, "differences", count("comparisons", Expectation.differences))
    monkeypatch.setattr("bdd.verdict.ledger.read_event", count("parsings", read_event))
    ids = range(10, 10 + patients)
    for patient_id in ids:
        scene.ledger.watch(scene.scenario_log, Subject("patient-events", str(patient_id)))
        scene.expect(patient_id=patient_id)
    scene.recorder.coming += [
        scene.event(patient_id=patient_id, partition=patient_id % 3) for patient_id in reversed(ids)
    ]
    after = check_published(scene.observer, CREATED, LONG_TIMEOUT, patients)
    check_nothing_published(scene.observer, "no other", after, CREATED, other=True)
    assert_that(scene.observer, HasKeptOrder("patient"))
    assert audit(scene.ledger, scene.observer_of) == []
    monkeypatch.undo()
    return counted


def test_comparisons_and_parsings_grow_as_the_events_do(monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = work(monkeypatch, 1000), work(monkeypatch, 4000)
    assert few["comparisons"] == 1000
    assert few["parsings"] == 1000
    assert many["comparisons"] == 4 * few["comparisons"]
    assert many["parsings"] == 4 * few["parsings"]
