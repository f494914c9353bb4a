"""The recorder on a real broker, started as a run starts it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from bdd.kafka.client_settings import client_settings
from bdd.processes import ChildProcess
from bdd.recorder.client import RecorderClient, RecorderUnreachable
from bdd.recorder.journal import read_journal
from bdd.recorder.record import Gap
from bdd.settings import load_settings
from bdd.stacks.embedded.broker import Distribution, EmbeddedBroker
from bdd.stacks.local_recorder import LocalRecorder
from bdd.waiting import wait_until

TOPIC = "patient-events"


class Recording:
    """A recorder that follows the broker, and a producer beside it."""

    def __init__(self, folder: Path, bootstrap_servers: str) -> None:
        self.folder = folder
        self.bootstrap_servers = bootstrap_servers
        self.recorder = LocalRecorder.start(folder, bootstrap_servers, load_settings({}))
        self.client: RecorderClient = self.recorder.wait_ready(30)
        self.producer = Producer({"bootstrap.servers": bootstrap_servers})

    @property
    def process(self) -> ChildProcess:
        return self.recorder.process

    def publish(self, count: int, *, topic: str = TOPIC, partition: int = 0) -> None:
        for number in range(count):
            self.producer.produce(topic, f"value {number}".encode(), key=b"key", partition=partition)
        assert self.producer.flush(30) == 0

    def values(self) -> list[bytes | None]:
        """What the recorder has read up to a fence taken now."""
        fence = self.client.fence()

        def arrived() -> None:
            assert self.client.cursor >= fence

        wait_until(arrived, what="the mirror", within=10)
        return [record.value for record in self.client.records()]


@pytest.fixture
def recording(tmp_path: Path, broker: EmbeddedBroker) -> Iterator[Recording]:
    started = Recording(tmp_path, broker.bootstrap_servers)
    yield started
    started.client.close()
    started.process.kill()


def values(count: int) -> list[bytes]:
    return [f"value {number}".encode() for number in range(count)]


def test_what_is_published_right_after_ready_is_read_and_what_was_there_before_is_not(recording: Recording) -> None:
    assert recording.client.records() == []
    recording.publish(1)
    assert recording.values() == values(1)


def test_a_fence_holds_everything_that_was_acknowledged_before_it(recording: Recording) -> None:
    recording.publish(5000)
    assert recording.values() == values(5000)


def test_a_recorder_that_starts_beside_100000_old_records_reads_none_of_them(
    tmp_path: Path, recording: Recording, broker: EmbeddedBroker
) -> None:
    recording.publish(100_000, topic="therapist-events")
    (tmp_path / "late").mkdir()
    late = Recording(tmp_path / "late", broker.bootstrap_servers)
    try:
        assert late.values() == []
        late.publish(1)
        assert late.values() == values(1)
    finally:
        late.client.close()
        late.process.kill()


def test_no_consumer_group_is_ever_made(recording: Recording, broker: EmbeddedBroker) -> None:
    recording.publish(10)
    recording.values()
    listed = AdminClient({"bootstrap.servers": broker.bootstrap_servers}).list_consumer_groups().result()
    assert [group.group_id for group in listed.valid] == []


def test_the_journal_on_disk_is_what_was_served_also_after_kill(recording: Recording) -> None:
    recording.publish(100)
    recording.values()
    psutil.Process(recording.process.pid).kill()
    assert list(read_journal(recording.folder / "journal.jsonl")) == recording.client.records()


def test_a_topic_that_appears_later_is_read_from_its_beginning(tmp_path: Path, broker: EmbeddedBroker) -> None:
    admin = AdminClient({"bootstrap.servers": broker.bootstrap_servers})
    admin.delete_topics(["communication-events"])["communication-events"].result()
    recording = Recording(tmp_path, broker.bootstrap_servers)
    try:
        admin.create_topics([NewTopic("communication-events", 3, 1)])["communication-events"].result()
        recording.publish(10, topic="communication-events", partition=2)
        assert recording.values() == values(10)
        assert recording.client.topics()["communication-events"] == 3
    finally:
        recording.client.close()
        recording.process.kill()


def test_a_broker_that_restarts_costs_no_record_and_brings_none_twice(
    tmp_path: Path, distribution: Distribution
) -> None:
    folder = tmp_path / "kafka"
    broker = EmbeddedBroker.start(distribution, folder)
    broker.wait_ready(within=60)
    broker.create_topics({TOPIC: 3})
    recording = Recording(tmp_path, broker.bootstrap_servers)
    recording.publish(100)
    broker.kill()
    command = distribution.command("kafka.Kafka", "server.properties")
    restarted = ChildProcess.start("the restarted broker", command, log=folder / "again.log", cwd=folder)
    try:
        recording.publish(100, partition=1)
        wait_until(recording.values, what="a fence", within=30, passing=(RecorderUnreachable,), every=0.2)
        assert recording.values() == values(100) + values(100)
        assert recording.client.trouble() is None
    finally:
        recording.client.close()
        recording.process.kill()
        restarted.kill()


@pytest.mark.skipif(os.name == "nt", reason="a process cannot be suspended there")
def test_records_that_were_deleted_before_they_could_be_read_are_a_gap(
    recording: Recording, broker: EmbeddedBroker
) -> None:
    process = psutil.Process(recording.process.pid)
    process.suspend()
    recording.publish(1)  # answers the fetch that is under way
    recording.publish(100)
    admin = AdminClient({"bootstrap.servers": broker.bootstrap_servers})
    low = next(iter(admin.delete_records([TopicPartition(TOPIC, 0, -1)]).values())).result().low_watermark
    process.resume()
    recording.publish(1)
    assert recording.values()[-1] == b"value 0"
    (gap,) = recording.client.gaps
    assert isinstance(gap, Gap)
    assert (gap.topic, gap.partition, gap.last) == (TOPIC, 0, low - 1)
    assert "could not read everything" in str(recording.client.trouble())


def test_only_who_has_the_token_may_read(recording: Recording) -> None:
    for path in ("/journal", "/fence", "/topics"):
        answer = requests.get(recording.client.url + path, headers={"Authorization": "Bearer wrong"}, timeout=5)
        assert answer.status_code == 401
    assert recording.client.ready()


def test_a_cursor_that_does_not_exist_yet_is_refused(recording: Recording) -> None:
    session = recording.client._session
    assert session.get(f"{recording.client.url}/journal?after=99", timeout=5).status_code == 400


def test_a_recorder_that_has_ended_is_said_to_have(recording: Recording) -> None:
    psutil.Process(recording.process.pid).kill()
    with pytest.raises(RecorderUnreachable, match="does not answer /fence"):
        recording.client.fence()

    def noticed() -> None:
        assert "recorder" in str(recording.process.trouble())

    wait_until(noticed, what="the end of the process to be noticed", within=5)


def test_it_listens_on_loopback_only(recording: Recording) -> None:
    listening = [
        c.laddr.ip for c in psutil.Process(recording.process.pid).net_connections() if c.status == "LISTEN"
    ]
    assert listening == ["127.0.0.1"]


def test_a_missing_setting_is_named(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RECORDER_")}
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "bdd.recorder"],
        env=environment,
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "RECORDER_CLIENT is not set" in done.stderr
    assert "Traceback" not in done.stderr


def test_client_settings_carry_the_time_outs_in_their_order() -> None:
    client = client_settings("127.0.0.1:9092", load_settings({}))
    order = ("connections.max.idle.ms", "socket.timeout.ms", "fetch.wait.max.ms")
    idle, request, fetch = (int(client[name]) for name in order)
    assert idle > request > fetch


def test_a_recorder_that_is_started_again_leaves_the_journal_of_its_last_life_as_it_is(
    tmp_path: Path, broker: EmbeddedBroker
) -> None:
    first = Recording(tmp_path, broker.bootstrap_servers)
    first.publish(2)
    first.values()
    first.recorder.process.stop(10)
    kept = (tmp_path / "journal.jsonl").read_bytes()
    (tmp_path / "address").unlink()
    second = Recording(tmp_path, broker.bootstrap_servers)
    try:
        second.publish(1)
        assert len(second.values()) == 1, "its journal begins anew"
    finally:
        second.recorder.process.kill()
    assert (tmp_path / "journal-1.jsonl").read_bytes() == kept
