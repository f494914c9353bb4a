"""What the unit tests are made of: a recorder in memory, records, events and scenarios."""

import datetime as dt
import itertools
import json
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from bdd.api.exchange import Exchange
from bdd.contracts.asyncapi import Subject
from bdd.contracts.event import Event, read_event
from bdd.domain.entity import Entity
from bdd.domain.resources import resources
from bdd.domain.test_data import example, stored
from bdd.kafka.record import Record
from bdd.system.waiting import wait_until
from bdd.verdict.expectation import Expectation
from bdd.verdict.ledger import Ledger
from bdd.verdict.observer import Observer
from bdd.verdict.scenario_log import Request, ScenarioLog

NOW = 1_780_000_000.0
"""When every action of these tests begins, in seconds since 1970 UTC."""

PATIENTS = resources()["patient"]
TOPIC = PATIENTS.topic
SHORT_TIMEOUT = 0.05
"""A deadline for what never comes, in seconds."""
LONG_TIMEOUT = 60.0
"""A deadline for what comes, in seconds: no sound test reaches it, on however busy a machine."""

REMOVED = object()
"""In place of a field's value: the event has no such field."""
_PLACE = {"topic", "key", "partition", "offset"}
_offsets = itertools.count(17)


def stand_in(module: ModuleType, **changed: object) -> Any:
    """Return what one module gets in place of another: patched itself, that would change for everybody."""
    return SimpleNamespace(**{**vars(module), **changed})


def eventually(condition: Callable[[], object], thread: threading.Thread) -> None:
    """Wait until a condition holds; fail at once if the thread that it depends on has ended."""

    def holds() -> None:
        assert condition()

    def ended() -> str | None:
        return None if thread.is_alive() else "its thread has ended"

    wait_until(holds, description="it", timeout=LONG_TIMEOUT, abort_if=ended, interval=0.002)


def iso(seconds: float) -> str:
    """Return a time as the platform's events write it, without an offset."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC).replace(tzinfo=None).isoformat()


def record(
    value: object, *, topic: str = TOPIC, key: bytes | None = b"5", partition: int = 0, offset: int | None = None
) -> Record:
    """Return a record with a fresh offset; a value that is neither bytes nor None becomes JSON."""
    return Record(
        topic=topic,
        partition=partition,
        offset=next(_offsets) if offset is None else offset,
        timestamp=int(NOW * 1000),
        received=NOW + 0.02,
        key=key,
        headers=(),
        value=value if value is None or isinstance(value, bytes) else json.dumps(value).encode(),
    )


def envelope(event_type: str, payload: object) -> dict[str, Any]:
    """Return a valid envelope with a fresh eventId, made while the action ran."""
    return {
        "eventId": str(uuid.uuid4()),
        "eventType": event_type,
        "version": "1.0",
        "timestamp": iso(NOW + 0.01),
        "producer": "patient-service",
        "payload": payload,
    }


def patient(mark: str, patient_id: int = 5) -> Entity:
    """Return a patient that was just created, with the mark in its data."""
    return Entity(PATIENTS, patient_id, stored(PATIENTS, example(PATIENTS, mark)))


def response(status: int | None, body: str) -> Exchange:
    """Return a request that changes the patient 5, and the response."""
    return Exchange("PUT", "/api/patients/5", '{"vorname": "Erika"}', NOW, 0.004, status, body)


class FakeRecorder:
    """A recorder in memory.

    What is `coming` arrives one by one while somebody waits, and a fence counts it. What is `sudden` arrives one by
    one, right after somebody has looked at the cursor.
    """

    def __init__(self) -> None:
        self.journal: list[Record] = []
        self.forgotten = 0
        self.coming: list[Record] = []
        self.sudden: list[Record] = []

    @property
    def cursor(self) -> int:
        cursor = len(self.journal)
        self.journal += [self.sudden.pop(0)] if self.sudden else []
        return cursor

    def records(self, after: int = 0, before: int | None = None) -> list[Record]:
        assert after >= 0
        return self.journal[after:before]

    def numbered(self, after: int, before: int) -> Iterator[tuple[int, Record]]:
        records = self.records(after, before)
        return enumerate(records, before - len(records))

    def forget(self, before: int) -> None:
        assert self.forgotten <= before <= len(self.journal)
        self.forgotten = before

    def wait_for_more(self, after: int, seconds: float) -> None:
        assert after <= len(self.journal)
        assert seconds >= 0
        if self.coming:
            self.journal.append(self.coming.pop(0))
        elif self.cursor <= after:
            threading.Event().wait(seconds)

    def fence(self) -> int:
        return len(self.journal) + len(self.coming)

    def topics(self) -> Mapping[str, int]:
        return {TOPIC: 3}


class Scene:
    """One scenario about the patient 5, with a recorder and a ledger of its own."""

    def __init__(self) -> None:
        self.recorder = FakeRecorder()
        self.ledger = Ledger(self.recorder, "t3st", clock_tolerance=2.0)
        self.scenario_log = self.open_scenario_log("Create a patient", 7, patient_id=5)
        self.observer = self.observer_of(self.scenario_log)
        self.troubles: list[str] = []

    def open_scenario_log(self, scenario: str, line: int, *, patient_id: int) -> ScenarioLog:
        """Return the log of a scenario that has one patient."""
        scenario_log = self.ledger.open_scenario_log(scenario, f"features/patients.feature:{line}")
        self.ledger.watch(scenario_log, Subject(TOPIC, str(patient_id)))
        return scenario_log

    def observer_of(self, scenario_log: ScenarioLog) -> Observer:
        """Return a scenario's observer; its trouble is the first of `troubles`."""
        return Observer(
            self.ledger,
            scenario_log,
            self.recorder,
            trouble=lambda: next(iter(self.troubles), None),
            platform=lambda: "all is well",
        )

    def payload(self, event_type: str = "patient.created", patient_id: int = 5) -> dict[str, object]:
        """Return the payload that the contract requires in an event about a patient of the scenario."""
        return patient(self.scenario_log.mark, patient_id).payload(event_type)

    def expect(self, event_type: str = "patient.created", patient_id: int = 5) -> Expectation:
        """Expect an event that an action of the scenario causes from now on."""
        expectation = Expectation(
            event_type=event_type,
            key=str(patient_id),
            payload=self.payload(event_type, patient_id),
            step=f"something causes {event_type}",
            after=self.recorder.cursor,
            requested_at=NOW,
            request="POST /api/patients -> 201 in 4 ms",
        )
        self.scenario_log.expectations.append(expectation)
        return expectation

    def event(
        self,
        event_type: str = "patient.created",
        *,
        patient_id: int = 5,
        **changed: Any,
    ) -> Record:
        """Return the record of a valid event about the scenario's patient, but for what is changed.

        That is the record's topic, key, partition or offset, or a field of the envelope.
        """
        place = {name: changed.pop(name) for name in _PLACE & changed.keys()}
        fields = envelope(event_type, self.payload(event_type, patient_id)) | changed
        present = {name: value for name, value in fields.items() if value is not REMOVED}
        return record(present, **{"key": str(patient_id).encode(), **place})

    def answer(
        self,
        status: int,
        body: str,
        path: str = "/api/patients/5",
        method: str = "GET",
        *,
        seconds: float = 0.004,
    ) -> Exchange:
        """Let a step send a request, and the service respond."""
        exchange = Exchange(method, path, None, NOW, seconds, status, body)
        request = Request(f"When I {method} it", self.recorder.cursor, exchange, PATIENTS.publishable(method))
        self.scenario_log.requests.append(request)
        return exchange

    def arrive(self, *records: Record) -> Record:
        """Let the recorder read the records; return the first one."""
        self.recorder.journal += records
        return records[0]

    def publish_expected(self, event_type: str = "patient.created", **changed: Any) -> Record:
        """Let an action happen, its event arrive, and a step see it; the changes are those of `event`."""
        expectation = self.expect(event_type)
        came = self.arrive(self.event(event_type, **changed))
        assert self.ledger.claim(expectation), "the test's own event must be a valid one"
        return came


def event_in(record: Record) -> Event:
    """Return the event in a record that holds one."""
    event = read_event(record)
    assert isinstance(event, Event), event
    return event


def failure(check: Callable[..., object], *arguments: object) -> str:
    """Return the whole message of a check that must fail, from `Expected:` on."""
    with pytest.raises(AssertionError) as failed:
        check(*arguments)
    message = str(failed.value).strip()
    assert message.startswith("Expected: "), f"the failure has no `Expected:`: {message}"
    assert "but: " in message, f"the failure has no `but:`: {message}"
    return message


def mismatch(message: str) -> str:
    """Return what a reader sees first behind `but:`."""
    return message.partition("but: ")[2].splitlines()[0]


def lines(message: str) -> list[str]:
    """Return the lines of a message without their indentation, which must be that of what follows `but: `."""
    first, *more = message.splitlines()
    assert all(line.startswith(" " * 10) for line in more[1:]), message
    return [first, *map(str.strip, more)]
