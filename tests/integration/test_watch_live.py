"""The watch on a real platform: what it shows, and that nothing is left however it ends."""

import json
import os
import re
import signal
from pathlib import Path

import pytest
import requests
from confluent_kafka import Producer

from bdd.stacks.embedded.broker import EmbeddedBroker
from tests.support.running import SLOW_SECONDS, ModuleRun

pytestmark = pytest.mark.usefixtures("distribution")  # what is fetched once is not what is waited for here


def start_watch(folder: Path, *arguments: str, pipe: int | None = None) -> ModuleRun:
    """Return a watch that shows what is published from now on."""
    run = ModuleRun(folder, "bdd", "watch", *arguments, pipe=pipe)
    run.await_text("Ctrl-C ends")
    return run


def create_patient(run: ModuleRun) -> None:
    """Use the address that the watch has printed."""
    url = re.findall(r"curl -s (\S+)", run.errors)[0]
    assert requests.post(url, json={"vorname": "Jürgen", "nachname": "Müller"}, timeout=SLOW_SECONDS).ok


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_event_is_shown_and_a_signal_ends_it_with_everything_removed(tmp_path: Path, number: int) -> None:
    run = start_watch(tmp_path)
    run.child("kafka.Kafka")
    create_patient(run)
    run.await_text('"nachname": "Müller"')
    run.process.send_signal(number)
    assert run.end() == 0
    assert re.search(r'patient-events/\d@0 +key "1" +patient\.created +\{"patient_id": 1', run.printed)
    assert run.errors.endswith("1 record shown, 0 filtered out\n")
    assert not run.left_over()


@pytest.mark.parametrize("arguments", [[], ["--json"]])
@pytest.mark.parametrize("an_event_comes", [True, False])
def test_a_pipe_whose_reader_leaves_ends_it(tmp_path: Path, arguments: list[str], an_event_comes: bool) -> None:
    reading, writing = os.pipe()
    run = start_watch(tmp_path, *arguments, pipe=writing)
    run.child("kafka.Kafka")
    os.close(writing)
    if an_event_comes:
        run.process.suspend()  # or it may see that nobody reads, and be gone before the patient is there
    os.close(reading)
    if an_event_comes:
        create_patient(run)
        run.process.resume()
    assert run.end() == 0
    assert "filtered out" in run.errors.splitlines()[-1]
    assert "Error" not in run.errors
    assert not run.left_over()


def test_it_ends_when_the_broker_does(tmp_path: Path) -> None:
    run = start_watch(tmp_path)
    run.child("kafka.Kafka").kill()
    assert run.end() == 1
    assert "The watch ends here: the Kafka broker was ended by SIGKILL" in run.errors
    assert not run.left_over()


def test_a_remote_platform_is_followed_and_stays(tmp_path: Path, broker: EmbeddedBroker, api_url: str) -> None:
    remote = ["stack=remote", f"api_url={api_url}", f"bootstrap_servers={broker.bootstrap_servers}"]
    settings = [part for setting in remote for part in ("-D", setting)]
    run = start_watch(tmp_path, *settings, "--json", "--limit", "2", "--topic", "patient-events")
    producer = Producer({"bootstrap.servers": broker.bootstrap_servers})
    producer.produce("matching-events", "not wanted")
    assert producer.flush(SLOW_SECONDS) == 0  # it is there first: of two topics either may be read first
    producer.produce("patient-events", "poison", key="5")
    assert producer.flush(SLOW_SECONDS) == 0
    run.await_text("poison")
    assert requests.post(f"{api_url}/api/patients", json={"vorname": "A", "nachname": "B"}, timeout=SLOW_SECONDS).ok
    assert run.end() == 0
    poison, created = map(json.loads, run.printed.splitlines())
    assert (poison["key"], poison["value"], poison["no_event"][:21]) == ("5", "poison", "its value is not JSON")
    assert (created["type"], created["payload"]["patient_data"]["nachname"]) == ("patient.created", "B")
    assert run.errors.endswith("2 records shown (1 of them no events), 1 filtered out\n")
    assert requests.get(f"{api_url}/health", timeout=SLOW_SECONDS).ok
    assert not run.left_over()
