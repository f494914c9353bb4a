"""The features against a service and a broker that were started by hand."""

import json
from pathlib import Path

from confluent_kafka import Producer

from bdd.processes import free_port
from bdd.stacks.embedded.broker import EmbeddedBroker
from tests.integration.running import QUICK, run_behave

FOREIGN_RECORDS = 100_000


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
    remote = [
        "-D",
        "stack=remote",
        "-D",
        f"api_url={api_url}",
        "-D",
        f"bootstrap_servers={broker.bootstrap_servers}",
    ]
    run = run_behave(tmp_path, "features/", *remote)
    assert run.process.wait(0) == 0, run.output
    assert " 0 failed" in run.output
    assert not run.left_over()


def test_a_broker_that_cannot_be_reached_is_told_from_a_service_that_cannot(tmp_path: Path, api_url: str) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    remote = ["-D", "stack=remote", "-D", f"api_url={api_url}", "-D", f"bootstrap_servers={nowhere}"]
    run = run_behave(tmp_path, QUICK, *remote)
    assert run.process.wait(0) != 0
    assert f"The broker cannot be reached: {nowhere}" in run.output
    assert "Traceback" not in run.output
    assert not run.left_over()
