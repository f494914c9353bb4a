"""The features against a service and a broker that were started by hand."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer

from bdd.domain.resource import Resource
from bdd.domain.resources import short_names
from bdd.kafka.connection.diagnosis import Diagnosis
from bdd.kafka.connection.probe import ProbeResult
from bdd.recorder.client import RecorderClient
from bdd.run.process import remote
from bdd.settings.settings import load_settings
from bdd.stacks.base import CannotStart
from bdd.stacks.embedded.broker import EmbeddedBroker
from bdd.stacks.factory import make_stack
from bdd.stacks.local_recorder import LocalRecorder
from bdd.system.network import Server
from tests.support.http_service import http_service
from tests.support.junit import junit_suites
from tests.support.running import FEATURES, QUICK, SLOW_SECONDS, run_behave
from tests.support.third_resource import rooms_known

FOREIGN_RECORDS = 100_000
TOKEN = "synthetic-token"
THERAPIST = str(FEATURES / "therapist.feature")


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
    assert producer.flush(SLOW_SECONDS) == 0


def test_all_features_pass_on_topics_that_already_hold_100000_foreign_records(
    tmp_path: Path, broker: EmbeddedBroker, api_url: str
) -> None:
    publish_foreign_records(broker.bootstrap_servers)
    run = run_behave(tmp_path, "features/", *remote(api_url, broker.bootstrap_servers))
    assert "\nGREEN: " in run.output
    assert not run.left_over()


@pytest.fixture
def recorder(tmp_path: Path, broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch) -> Iterator[RecorderClient]:
    """A recorder that is there before the run; its token is `TOKEN`."""
    monkeypatch.setattr("secrets.token_urlsafe", lambda _: TOKEN)
    started = LocalRecorder(tmp_path / "recorder", broker.bootstrap_servers, load_settings({}))
    client = started.wait_ready(SLOW_SECONDS)
    yield client
    client.close()
    assert started.process.trouble() is None, "a run must not end it"
    started.process.stop(10)


def test_a_recorder_that_runs_already_is_followed_from_now_on_and_left_running(
    tmp_path: Path, broker: EmbeddedBroker, api_url: str, recorder: RecorderClient
) -> None:
    producer = Producer({"bootstrap.servers": broker.bootstrap_servers})
    producer.produce("patient-events", "poison, which a run would report if it followed from the beginning")
    assert producer.flush(SLOW_SECONDS) == 0

    followed = ["-D", "stack=remote", "-D", f"api_url={api_url}", "-D", f"recorder_url={recorder.url}"]
    run = run_behave(tmp_path, QUICK, *followed, environment={"BDD_RECORDER_TOKEN": TOKEN})
    assert "1 scenario passed" in run.output
    assert "foreign.jsonl" not in run.output

    (tmp_path / "wrong").mkdir()
    refused = run_behave(
        tmp_path / "wrong", QUICK, *followed, environment={"BDD_RECORDER_TOKEN": "of-another"}, exit_code=1
    )
    assert "The recorder cannot be followed: the recorder answered /fence with 401" in refused.output
    assert "recorder_token" in refused.output
    assert "of-another" not in refused.output


@pytest.fixture
def talkative_url() -> Iterator[str]:
    """A service that fails and says too much."""
    body = b'{"message": "cannot connect to postgresql://patients:synthetic-pw@postgres/patients"}'
    with http_service(lambda *_: (500, body, {})) as url:
        yield url


def test_what_a_broken_platform_gives_away_is_masked_in_all_that_a_run_leaves(
    tmp_path: Path, broker: EmbeddedBroker, talkative_url: str
) -> None:
    to = remote(talkative_url, broker.bootstrap_servers)
    junit = ["--junit", "--junit-directory", str(tmp_path / "junit")]
    formats = ["-f", "plain", "-f", "json", "-o", str(tmp_path / "run.json")]
    run_behave(tmp_path, "features/patient_created.feature", *formats, *junit, *to, exit_code=1)
    left = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    assert [file.name for file, text in left.items() if b"synthetic-pw" in text] == []
    masked = [file for file, text in left.items() if b"postgresql://patients:***@postgres/patients" in text]
    assert {file.name for file in masked} >= {"http.txt", "output.txt", "run.json"}
    assert any(file.parent.name == "junit" for file in masked)
    assert b"answers as a Kafka broker" in next(text for file, text in left.items() if file.name == "brokers.txt")


@pytest.fixture
def rooms(tmp_path: Path) -> Iterator[Resource]:
    with rooms_known(tmp_path) as known:
        yield known


@pytest.mark.parametrize("setting", ["api_url", "room_api_url", "bootstrap_servers"])
def test_a_host_that_looks_like_production_is_refused_before_anything_is_sent(
    setting: str, talkative_url: str, rooms: Resource, monkeypatch: pytest.MonkeyPatch
) -> None:
    contacted: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: contacted.append(address))
    given = {"api_url": talkative_url, "room_api_url": talkative_url, "bootstrap_servers": "127.0.0.1:9092"}
    given[setting] = "203.0.113.7:9092" if setting == "bootstrap_servers" else "https://203.0.113.7"
    settings = load_settings({"stack": "remote", **given}, services=short_names())
    stack = make_stack(settings, "synthetic")
    with pytest.raises(
        CannotStart, match=f"^Refused: {setting} leads to 203.0.113.7, .* -D allow_host=203.0.113.7$"
    ):
        stack.start()
    assert not stack.evidence()
    assert not contacted


def test_what_the_brokers_advertise_is_refused_too(talkative_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"stack": "remote", "api_url": talkative_url, "bootstrap_servers": "127.0.0.1:9092"}
    near, far = (ProbeResult(Server(host, 9092), (host,)) for host in ("127.0.0.1", "203.0.113.7"))
    monkeypatch.setattr("bdd.stacks.remote.diagnose", lambda *_: Diagnosis({}, (near,), {1: near, 2: far}))
    with pytest.raises(CannotStart, match=r"what the brokers advertise leads to 203\.0\.113\.7"):
        make_stack(load_settings(given), "synthetic").start()


def test_a_service_and_a_broker_that_are_down_are_both_named(closed_port: int) -> None:
    nowhere = f"127.0.0.1:{closed_port}"
    given = {"stack": "remote", "api_url": f"http://{nowhere}", "bootstrap_servers": nowhere}
    with pytest.raises(CannotStart) as failed:
        make_stack(load_settings(given), "synthetic").start()
    assert "The patient-service cannot be reached: GET " in str(failed.value)
    assert f"The broker cannot be reached: {nowhere} refuses connections" in str(failed.value)
    assert "docker compose ps" in str(failed.value)


def test_each_service_that_is_down_is_named_with_its_setting(
    talkative_url: str, rooms: Resource, closed_port: int
) -> None:
    given = {"stack": "remote", "api_url": talkative_url, "bootstrap_servers": f"127.0.0.1:{closed_port}"}
    given["room_api_url"] = f"http://127.0.0.1:{closed_port}"
    with pytest.raises(CannotStart) as failed:
        make_stack(load_settings(given, services=short_names()), "synthetic").start()
    first, *_ = str(failed.value).splitlines()
    assert first.startswith(f"The room-service cannot be reached: GET {given['room_api_url']}{rooms.path}: ")
    assert first.endswith("Is it running, and is room_api_url right?")
    assert "The broker cannot be reached" in str(failed.value)


def test_a_service_without_an_address_is_absent(talkative_url: str, rooms: Resource) -> None:
    given = {"stack": "remote", "api_url": talkative_url, "bootstrap_servers": "127.0.0.1:9092"}
    stack = make_stack(load_settings(given, services=short_names()), "synthetic")
    assert stack.api_urls == {"patient-service": talkative_url}
    assert stack.absent[rooms.service.name] == "no room_api_url is given"


def test_scenarios_about_a_service_that_the_platform_has_not_are_left_out_and_asked_for_they_are_red(
    tmp_path: Path, broker: EmbeddedBroker, api_url: str
) -> None:
    to = remote(api_url, broker.bootstrap_servers)
    why = "the platform has no therapist-service, because no therapist_api_url is given"
    junit = ["--junit", "--junit-directory", str(tmp_path / "junit")]
    run = run_behave(tmp_path / "both", QUICK, THERAPIST, *to, *junit)
    last = run.output.strip().splitlines()[-1]
    assert last.startswith("GREEN: 1 scenario passed")
    assert last.endswith(f"; 1 scenario was left out: {why}")
    assert "A feature about a service that a platform need not have" not in run.output
    (skipped,) = junit_suites(tmp_path / "junit")["A feature about a service that a platform need not have"].iter(
        "skipped"
    )
    assert skipped.get("message") == why

    run = run_behave(tmp_path / "by tag", QUICK, THERAPIST, *to, "--tags=@therapist-service", exit_code=1)
    requested = "@therapist-service is requested, but the platform has none: no therapist_api_url is given."
    assert f"{requested}\n" in run.output
    assert run.output.strip().endswith(f"RED: nothing was executed: {requested}")
    run = run_behave(tmp_path / "by file", THERAPIST, *to, exit_code=1)
    assert f"Nothing remains: {why}.\n" in run.output
    run_behave(tmp_path / "without", QUICK, THERAPIST, *to, "--tags=not @therapist-service")
