"""The reference service as a process, with a real broker."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from confluent_kafka import Consumer, TopicPartition

from bdd.stacks.embedded.broker import EmbeddedBroker
from bdd.system.paths import ROOT
from bdd.system.processes import free_port
from bdd.system.waiting import wait_until
from tests.support.running import SLOW_SECONDS

TOPIC = "patient-events"

Event = dict[str, Any]


class Service:
    """The service in a process of its own, with a database in `folder`."""

    def __init__(self, folder: Path, bootstrap_servers: str) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.log = folder / "service.log"
        environment = {
            "DATABASE_URL": f"sqlite:///{folder / 'patients.db'}",
            "KAFKA_BOOTSTRAP_SERVERS": bootstrap_servers,
            "PORT": str(port),
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "reference.patient_service"],
                cwd=ROOT,
                env=os.environ | environment,
                stderr=log,
            )
        self.first_health = wait_until(
            self.health,
            description="the service answers",
            timeout=SLOW_SECONDS,
            retry_on=(requests.ConnectionError,),
            abort_if=lambda: self.log.read_text() if self.process.poll() is not None else None,
        )

    def health(self) -> requests.Response:
        return requests.get(f"{self.url}/health", timeout=SLOW_SECONDS)

    def call(self, method: str, path: str = "", **fields: object) -> Any:
        answer = requests.request(method, f"{self.url}/api/patients{path}", json=fields, timeout=SLOW_SECONDS)
        assert answer.ok, answer.text
        return answer.json()

    def stop(self, by: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(by)
        return self.process.wait(timeout=SLOW_SECONDS)


StartService = Callable[[str], Service]


@pytest.fixture
def start_service(tmp_path: Path) -> Iterator[StartService]:
    """Starts the service with the broker it is given; each one uses the same database."""
    started: list[Service] = []

    def start(bootstrap_servers: str) -> Service:
        started.append(Service(tmp_path, bootstrap_servers))
        return started[-1]

    yield start
    for service in started:
        service.process.kill()
        service.process.wait()


class Reader:
    """Reads what is published on the topic after it has been made."""

    def __init__(self, bootstrap_servers: str) -> None:
        self._consumer = Consumer(
            {"bootstrap.servers": bootstrap_servers, "group.id": "not used", "enable.auto.commit": False}
        )
        partitions = [TopicPartition(TOPIC, number) for number in range(3)]
        for partition in partitions:
            partition.offset = self._consumer.get_watermark_offsets(partition, timeout=SLOW_SECONDS)[1]
        self._consumer.assign(partitions)
        self._events: list[tuple[str, Event]] = []

    def events(self, count: int) -> list[tuple[str, Event]]:
        """Return the first `count` events with their keys."""

        def read() -> None:
            while message := self._consumer.poll(0.1):
                assert message.error() is None
                key, value = message.key(), message.value()
                assert isinstance(key, bytes)
                assert value is not None
                self._events.append((key.decode(), json.loads(value)))
            assert len(self._events) >= count, f"{len(self._events)} events"

        wait_until(read, description=f"{count} events are on {TOPIC}", timeout=SLOW_SECONDS)
        return self._events

    def close(self) -> None:
        self._consumer.close()


@pytest.fixture
def reader(broker: EmbeddedBroker) -> Iterator[Reader]:
    reader = Reader(broker.bootstrap_servers)
    yield reader
    reader.close()


@pytest.fixture
def no_broker(closed_port: int) -> str:
    return f"127.0.0.1:{closed_port}"


def test_every_change_is_followed_by_its_event(
    broker: EmbeddedBroker, reader: Reader, start_service: StartService
) -> None:
    service = start_service(broker.bootstrap_servers)

    created = service.call("POST", vorname="Testa", nachname="Müsterfrau", email="testa@example.org")
    path = f"/{created['id']}"
    updated = service.call("PUT", path, status="in Therapie", email=None)
    service.call("DELETE", path)

    events = reader.events(3)
    patient_id = created.pop("id")
    updated.pop("id")
    assert [key for key, _event in events] == [str(patient_id)] * 3
    assert [(event["eventType"], event["payload"]) for _key, event in events] == [
        ("patient.created", {"patient_id": patient_id, "patient_data": created}),
        ("patient.updated", {"patient_id": patient_id, "patient_data": updated}),
        ("patient.deleted", {"patient_id": patient_id}),
    ]


def test_the_service_is_healthy_when_the_broker_is_there(
    broker: EmbeddedBroker, start_service: StartService
) -> None:
    service = start_service(broker.bootstrap_servers)

    def healthy() -> None:
        assert service.health().status_code == 200

    wait_until(healthy, description="the service is healthy", timeout=SLOW_SECONDS)


def test_events_made_while_the_broker_is_away_survive_a_restart_and_arrive_in_order(
    broker: EmbeddedBroker, reader: Reader, start_service: StartService, no_broker: str
) -> None:
    before = start_service(no_broker)
    patient_id = before.call("POST", vorname="Test", nachname="Probe 0")["id"]
    for number in range(1, 20):
        before.call("PUT", f"/{patient_id}", nachname=f"Probe {number}")
    assert before.stop() == 0

    after = start_service(broker.bootstrap_servers)
    after.call("PUT", f"/{patient_id}", nachname="Probe 20")

    events = reader.events(21)
    assert {key for key, _event in events} == {str(patient_id)}
    # An event may be sent twice when a restart falls between its acknowledgement and its deletion.
    in_order = {event["eventId"]: event["payload"]["patient_data"]["nachname"] for _key, event in events}
    assert list(in_order.values()) == [f"Probe {number}" for number in range(21)]


def test_the_service_answers_while_the_broker_is_away(start_service: StartService, no_broker: str) -> None:
    service = start_service(no_broker)

    assert service.first_health.status_code == 503
    assert service.first_health.json() == {"database": "reachable", "broker": "not reachable"}
    assert service.call("POST", vorname="Test", nachname="Probe")["id"] == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process without telling it")
@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_the_service_stops_when_told_to_with_events_it_cannot_send(
    start_service: StartService, no_broker: str, by: signal.Signals
) -> None:
    service = start_service(no_broker)
    service.call("POST", vorname="Test", nachname="Probe")

    assert service.stop(by) == 0
    assert "Traceback" not in service.log.read_text()
