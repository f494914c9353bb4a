"""The reference services as processes, on a broker that is not always there."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bdd.api.client import ApiClient
from bdd.domain.test_data import as_json
from bdd.recorder.client import RecorderClient
from bdd.settings.settings import load_settings
from bdd.stacks.embedded.broker import EmbeddedBroker
from bdd.stacks.embedded.service import EmbeddedService
from bdd.stacks.local_recorder import LocalRecorder
from bdd.system.processes import ChildProcess
from bdd.system.waiting import wait_until
from tests.support.builders import event_in
from tests.support.running import SLOW_SECONDS


@pytest.fixture
def recorded(tmp_path: Path, broker: EmbeddedBroker) -> Iterator[RecorderClient]:
    recorder = LocalRecorder(tmp_path, broker.bootstrap_servers, load_settings({}))
    client = recorder.wait_ready(SLOW_SECONDS)
    yield client
    client.close()
    recorder.process.kill()


@contextmanager
def service_in(folder: Path, bootstrap_servers: str, noun: str) -> Iterator[tuple[ChildProcess, ApiClient]]:
    """Run the service with a database in the folder, once it responds."""
    service = EmbeddedService(f"{noun}-service", folder, bootstrap_servers)
    api = ApiClient(service.url)
    wait_until(
        lambda: api.send("GET", "/health"),
        description="the service",
        timeout=SLOW_SECONDS,
        abort_if=service.process.trouble,
    )
    yield service.process, api
    api.close()
    service.process.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process without a signal")
@pytest.mark.parametrize(("noun", "by"), [("patient", signal.SIGTERM), ("therapist", signal.SIGINT)])
def test_events_made_while_the_broker_is_away_survive_a_restart_and_arrive_in_order(  # noqa: PLR0917 - pytest passes names
    tmp_path: Path,
    broker: EmbeddedBroker,
    recorded: RecorderClient,
    closed_port: int,
    noun: str,
    by: signal.Signals,
) -> None:
    path = f"/api/{noun}s"
    surnames = [f"Probe {number}" for number in range(21)]

    def ended() -> None:
        assert "ended with exit code 0" in (process.trouble() or "it runs")

    def all_arrived() -> None:
        events = [event_in(each) for each in recorded.records()]
        assert {(event.record.topic, event.record.key_text) for event in events} == {(f"{noun}-events", str(first))}
        # An event may be sent twice if a restart falls between its acknowledgement and its deletion.
        arrived = {event.id: event.payload[f"{noun}_data"]["nachname"] for event in events}
        assert list(arrived.values()) == surnames

    with service_in(tmp_path, f"127.0.0.1:{closed_port}", noun) as (process, api):
        (health,) = api.exchanges[-1:]
        assert (health.status, health.json) == (503, {"database": "reachable", "broker": "not reachable"})
        created = api.send("POST", path, as_json({"vorname": "Test", "nachname": surnames[0]}))
        first = created.json["id"]
        for surname in surnames[1:-1]:
            assert api.send("PUT", f"{path}/{first}", as_json({"nachname": surname})).accepted
        os.kill(process.pid, by)
        wait_until(ended, description="the service's end", timeout=SLOW_SECONDS)
        assert "Traceback" not in process.log.read_text()

    with service_in(tmp_path, broker.bootstrap_servers, noun) as (_, api):
        assert api.send("PUT", f"{path}/{first}", as_json({"nachname": surnames[-1]})).accepted
        wait_until(all_arrived, description="21 events", timeout=SLOW_SECONDS)
