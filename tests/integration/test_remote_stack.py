"""The features against a service and a broker that were started by hand."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from confluent_kafka import Producer

from bdd.processes import free_port
from bdd.recorder.client import RecorderClient
from bdd.settings import load_settings
from bdd.stacks.embedded.broker import EmbeddedBroker
from bdd.stacks.local_recorder import LocalRecorder
from bdd.waiting import wait_until
from tests.integration.running import QUICK, remote, run_behave

FOREIGN_RECORDS = 100_000
TOKEN = "synthetic-token"


def publish_foreign_records(bootstrap_servers: str) -> None:
    """Valid events of patients that no run of this suite has made, and records that are no events."""
    producer = Producer({"bootstrap.servers": bootstrap_servers, "linger.ms": 50})
    for number in range(FOREIGN_RECORDS):
        event = {
            "eventId": f"00000000-0000-4000-8000-{number:012}",
            "eventType": "patient.deleted",
            "version": "1.0",
            "timestamp": "2026-01-01T12:00:00",
            "producer": "patient-service",
            "payload": {"patient_id": 1_000_000 + number},
        }
        value = json.dumps(event) if number % 100 else "poison"
        producer.produce("patient-events", value, key=str(1_000_000 + number))
        producer.poll(0)
    assert producer.flush(60) == 0


def test_all_features_pass_on_topics_that_already_hold_100000_foreign_records(
    tmp_path: Path, broker: EmbeddedBroker, api_url: str
) -> None:
    publish_foreign_records(broker.bootstrap_servers)
    run = run_behave(tmp_path, "features/", *remote(api_url, broker.bootstrap_servers))
    assert run.process.wait(0) == 0, run.output
    assert " 0 failed" in run.output
    assert not run.left_over()


@pytest.fixture
def recorder(tmp_path: Path, broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch) -> Iterator[RecorderClient]:
    """A recorder that is there before the run; its token is `TOKEN`."""
    monkeypatch.setattr("secrets.token_urlsafe", lambda _: TOKEN)
    started = LocalRecorder.start(tmp_path / "recorder", broker.bootstrap_servers, load_settings({}))
    client = started.wait_ready(30)
    yield client
    client.close()
    assert started.process.trouble() is None, "a run must not end it"
    started.process.stop(10)


def test_a_recorder_that_runs_already_is_followed_from_now_on_and_left_running(
    tmp_path: Path, broker: EmbeddedBroker, api_url: str, recorder: RecorderClient
) -> None:
    patient = {"vorname": "Synthetic", "nachname": "Earlier"}
    requests.post(f"{api_url}/api/patients", json=patient, timeout=10).raise_for_status()
    later = RecorderClient(recorder.url, TOKEN)
    later.skip_to(recorder.fence())
    later.start(10)
    requests.post(f"{api_url}/api/patients", json=patient, timeout=10).raise_for_status()
    fence = recorder.fence()
    wait_until(lambda: later.wait_for_more(fence - 1, 1), what="the second event", within=10)
    assert len(later.records()) == 1, "the first one was there before"
    assert len(later.records(fence - 1, fence)) == 1
    later.close()

    followed = ["-D", "stack=remote", "-D", f"api_url={api_url}", "-D", f"recorder_url={recorder.url}"]
    run = run_behave(tmp_path, QUICK, *followed, environment={"BDD_RECORDER_TOKEN": TOKEN})
    assert run.process.wait(0) == 0, run.output
    assert "1 scenario passed" in run.output

    (tmp_path / "wrong").mkdir()
    refused = run_behave(tmp_path / "wrong", QUICK, *followed, environment={"BDD_RECORDER_TOKEN": "of-another"})
    assert refused.process.wait(0) != 0
    assert "The recorder cannot be followed: the recorder answered /fence with 401" in refused.output
    assert "recorder_token" in refused.output
    assert "of-another" not in refused.output
    assert "Traceback" not in refused.output


def test_a_broker_that_cannot_be_reached_is_told_from_a_service_that_cannot(tmp_path: Path, api_url: str) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    run = run_behave(tmp_path, QUICK, *remote(api_url, nowhere))
    assert run.process.wait(0) != 0
    assert f"The broker cannot be reached: {nowhere}" in run.output
    assert "Traceback" not in run.output
    assert not run.left_over()
