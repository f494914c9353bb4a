"""The recorder on a real broker, started as a run starts it."""

import dataclasses
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import partial
from pathlib import Path

import psutil
import pytest
from confluent_kafka import KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from bdd.contracts import asyncapi as contract
from bdd.kafka.client_settings import client_settings
from bdd.kafka.record import Gap, Record, from_line
from bdd.recorder.client import RecorderClient, RecorderUnreachable
from bdd.recorder.settings import RecorderSettings
from bdd.settings.settings import load_settings
from bdd.stacks.embedded.broker import Distribution, EmbeddedBroker
from bdd.stacks.local_recorder import LocalRecorder
from bdd.system.waiting import wait_until
from tests.support.running import SLOW_SECONDS

TOPIC = "patient-events"
ONE_FETCH = 1_048_576
"""The bytes of a partition that one answer of the broker holds: librdkafka's `fetch.message.max.bytes`."""


class Recording:
    """A recorder that follows the broker, and a producer beside it."""

    def __init__(self, folder: Path, bootstrap_servers: str) -> None:
        self.folder = folder
        self.bootstrap_servers = bootstrap_servers
        self.recorder = LocalRecorder(folder, bootstrap_servers, load_settings({}))
        self.client: RecorderClient = self.recorder.wait_ready(SLOW_SECONDS)
        # Idempotent: nothing twice and all in order, however often a request has to be sent again.
        self.producer = Producer(
            {
                "bootstrap.servers": bootstrap_servers,
                "enable.idempotence": True,
                "log_level": 0,
                "message.max.bytes": 60_000_000,
            }
        )

    def publish(self, count: int, *, topic: str = TOPIC, partition: int = 0, size: int = 0) -> None:
        for value in values(count, size):
            self.producer.produce(topic, value, key=b"key", partition=partition)
        assert self.producer.flush(SLOW_SECONDS) == 0

    def values(self) -> list[bytes | None]:
        """What the recorder has read up to a fence taken now."""
        fence = self.client.fence()

        def arrived() -> None:
            assert self.client.cursor >= fence

        wait_until(arrived, description="the mirror", timeout=SLOW_SECONDS)
        return [record.value for record in self.client.records()]

    def close(self) -> None:
        """Close the client first: it would look for its recorder for ever."""
        self.client.close()
        self.recorder.process.kill()


@pytest.fixture
def recording(tmp_path: Path, broker: EmbeddedBroker) -> Iterator[Recording]:
    with closing(Recording(tmp_path, broker.bootstrap_servers)) as started:
        yield started


def values(count: int, size: int = 0) -> list[bytes]:
    return [f"value {number}".encode().ljust(size) for number in range(count)]


def test_a_fence_holds_everything_that_was_acknowledged_before_it(recording: Recording) -> None:
    assert recording.client.records() == [], "what was there before is not read"
    recording.publish(1)
    assert recording.values() == values(1), "it is published right after the recorder is ready"
    recording.publish(5000)
    assert recording.values() == values(1) + values(5000)


def test_a_recorder_that_starts_beside_100000_old_records_reads_none_of_them(
    tmp_path: Path, recording: Recording, broker: EmbeddedBroker
) -> None:
    recording.publish(100_000, topic="therapist-events")
    (tmp_path / "late").mkdir()
    with closing(Recording(tmp_path / "late", broker.bootstrap_servers)) as late:
        assert late.values() == []
        late.publish(1)
        assert late.values() == values(1)


def test_a_fence_is_reached_behind_the_marker_that_ends_a_transaction(
    recording: Recording, broker: EmbeddedBroker
) -> None:
    settings = {"bootstrap.servers": broker.bootstrap_servers, "transactional.id": "synthetic", "log_level": 0}
    producer = Producer(settings)
    producer.init_transactions(SLOW_SECONDS)
    producer.begin_transaction()
    producer.produce(TOPIC, b"value 0", partition=0)
    producer.commit_transaction(SLOW_SECONDS)
    assert recording.values() == values(1)


@pytest.mark.parametrize("topic", [TOPIC, "matching-events"])
def test_an_open_transaction_is_waited_for_and_named_where_the_topic_is_needed(
    topic: str, recording: Recording, broker: EmbeddedBroker, tmp_path: Path
) -> None:
    recording.client.needed = [TOPIC]
    with open_transaction(broker, topic) as commit:
        (tmp_path / "late").mkdir()
        with closing(Recording(tmp_path / "late", broker.bootstrap_servers)) as late:
            late.client.needed = [TOPIC]
            late.publish(1)
            if topic == TOPIC:
                with pytest.raises(RecorderUnreachable, match=rf"^an open transaction on {TOPIC}/0 holds back"):
                    late.client.fence()
            else:
                assert late.values() == recording.values() == values(1), "nobody needs the other topic"
        commit()
    assert values(1)[0] in recording.values()


@contextmanager
def open_transaction(broker: EmbeddedBroker, topic: str) -> Iterator[Callable[[], None]]:
    """Yield what commits a transaction in which one record has been published on partition 0."""
    settings = {"bootstrap.servers": broker.bootstrap_servers, "transactional.id": "of-others", "log_level": 0}
    producer = Producer(settings)
    producer.init_transactions(SLOW_SECONDS)
    producer.begin_transaction()
    producer.produce(topic, b"held back", partition=0)
    assert producer.flush(SLOW_SECONDS) == 0
    yield lambda: producer.commit_transaction(SLOW_SECONDS)


def test_no_consumer_group_is_ever_made(recording: Recording, broker: EmbeddedBroker) -> None:
    recording.publish(10)
    recording.values()
    listed = AdminClient({"bootstrap.servers": broker.bootstrap_servers}).list_consumer_groups().result()
    assert [group.group_id for group in listed.valid] == []


def test_the_journal_on_disk_is_what_was_served_also_after_kill(recording: Recording) -> None:
    recording.publish(100)
    recording.values()
    psutil.Process(recording.recorder.process.pid).kill()
    written = (recording.folder / "journal.jsonl").read_bytes().splitlines()
    assert [from_line(line) for line in written] == recording.client.records()


def test_a_topic_that_appears_later_is_read_from_its_beginning(
    tmp_path: Path, broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = "synthetic-later"  # one of its own: the others are those of all tests
    promised = contract.current()
    more = dataclasses.replace(promised, partitions={**promised.partitions, later: 3})
    monkeypatch.setattr("bdd.stacks.local_recorder.contract.current", lambda: more)
    with closing(Recording(tmp_path, broker.bootstrap_servers)) as recording:
        admin = AdminClient({"bootstrap.servers": broker.bootstrap_servers})
        admin.create_topics([NewTopic(later, 3, 1)])[later].result()
        recording.publish(10, topic=later, partition=2)
        assert recording.values() == values(10)
        assert recording.client.topics()[later] == 3


def test_a_topic_that_is_deleted_and_made_anew_is_named_and_read_from_its_beginning(
    tmp_path: Path, broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, other = "synthetic-remade", "synthetic-kept"
    promised = contract.current()
    more = dataclasses.replace(promised, partitions={own: 3, other: 1})
    monkeypatch.setattr("bdd.stacks.local_recorder.contract.current", lambda: more)
    admin = AdminClient({"bootstrap.servers": broker.bootstrap_servers})
    for topic in (own, other):
        admin.create_topics([NewTopic(topic, 3, 1)])[topic].result()
    with closing(Recording(tmp_path, broker.bootstrap_servers)) as recording:
        recording.publish(9, topic=own)
        assert recording.values() == values(9)
        admin.delete_topics([own])[own].result()

        def create() -> None:
            admin.create_topics([NewTopic(own, 3, 1)])[own].result()

        # The broker deletes it a moment later.
        wait_until(create, description="it", timeout=SLOW_SECONDS, retry_on=(KafkaException,))
        recording.publish(2, topic=own)
        sentence = f"the topic {own} was deleted and made anew"
        eventually_reported(recording, sentence)
        recording.client.needed = [other]
        assert recording.client.trouble() is None
        assert recording.values()[9:] == values(2)


def eventually_reported(recording: Recording, sentence: str) -> None:
    def reported() -> None:
        assert sentence in str(recording.client.trouble())

    wait_until(reported, description=sentence, timeout=SLOW_SECONDS)


def test_a_broker_that_restarts_costs_no_record_and_brings_none_twice(
    tmp_path: Path, distribution: Distribution
) -> None:
    folder = tmp_path / "kafka"
    with ExitStack() as at_the_end:
        broker = EmbeddedBroker.start(distribution, folder)
        at_the_end.callback(broker.process.kill)
        broker.wait_ready(timeout=SLOW_SECONDS)
        broker.create_topics({TOPIC: 3})
        recording = at_the_end.enter_context(closing(Recording(tmp_path, broker.bootstrap_servers)))
        recording.publish(100)
        broker.process.kill()
        restarted = EmbeddedBroker(distribution, folder, int(broker.bootstrap_servers.rpartition(":")[2]))
        at_the_end.callback(restarted.process.kill)
        recording.publish(100, partition=1)
        retry_on = (RecorderUnreachable,)
        wait_until(recording.values, description="a fence", timeout=SLOW_SECONDS, retry_on=retry_on, interval=0.2)
        assert recording.values() == values(100) + values(100)
        assert recording.client.trouble() is None


@pytest.mark.skipif(os.name == "nt", reason="a process cannot be suspended there")
def test_records_that_were_deleted_before_they_could_be_read_are_a_gap(
    recording: Recording, broker: EmbeddedBroker
) -> None:
    process = psutil.Process(recording.recorder.process.pid)
    process.suspend()
    recording.publish(50, size=ONE_FETCH // 10)  # more than the answer to the fetch under way may hold
    admin = AdminClient({"bootstrap.servers": broker.bootstrap_servers})
    low = next(iter(admin.delete_records([TopicPartition(TOPIC, 0, -1)]).values())).result().low_watermark
    process.resume()
    recording.publish(1)
    assert recording.values()[-1] == b"value 0"
    (gap,) = recording.client.gaps
    assert isinstance(gap, Gap)
    assert (gap.topic, gap.partition, gap.last) == (TOPIC, 0, low - 1)
    assert "could not read everything" in str(recording.client.trouble())


def test_records_of_40_megabytes_are_read_beside_2400_topics_of_others(
    tmp_path: Path, distribution: Distribution
) -> None:
    with ExitStack() as at_the_end:
        broker = EmbeddedBroker.start(distribution, tmp_path / "kafka")
        at_the_end.callback(broker.process.kill)
        broker.wait_ready(timeout=SLOW_SECONDS)
        large = NewTopic(TOPIC, 3, 1, config={"max.message.bytes": "60000000"})
        others = [NewTopic(f"of-others-{number}", 1, 1) for number in range(2400)]
        admin = AdminClient({"bootstrap.servers": broker.bootstrap_servers})
        for created in admin.create_topics([large, *others], request_timeout=SLOW_SECONDS).values():
            created.result()
        recording = at_the_end.enter_context(closing(Recording(tmp_path, broker.bootstrap_servers)))
        recording.publish(2, size=40_000_000)
        recording.publish(1)
        assert [len(value or b"") for value in recording.values()] == [40_000_000, 40_000_000, len(b"value 0")]
        assert len(recording.client.topics()) == 2401
        assert recording.client.trouble() is None


def test_a_suite_that_is_slow_loses_nothing_although_the_journal_has_a_limit(
    tmp_path: Path, broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bdd.stacks.local_recorder.RecorderSettings", partial(RecorderSettings, journal_mb=16))
    slow = threading.Event()
    with closing(Recording(tmp_path, broker.bootstrap_servers)) as recording:

        def wait(_cursor: int, _record: Record) -> None:
            slow.wait(SLOW_SECONDS)

        recording.client.on_arrival = wait
        recording.publish(600, size=100_000)

        def full() -> None:
            assert size_of_journal(tmp_path) > 3_000_000, "it reads until the limit"

        wait_until(full, description="the limit", timeout=SLOW_SECONDS)
        assert size_of_journal(tmp_path) < 40_000_000, "the limit, and what was on its way, of 60 MB"
        slow.set()
        assert recording.values() == values(600, 100_000)
        assert size_of_journal(tmp_path) < 40_000_000
        assert recording.client.trouble() is None


def size_of_journal(folder: Path) -> int:
    sizes = []
    for file in folder.glob("journal*.jsonl"):
        with suppress(FileNotFoundError):  # it has just been removed
            sizes.append(file.stat().st_size)
    return sum(sizes)


def test_it_listens_on_loopback_only(recording: Recording) -> None:
    listening = [
        c.laddr.ip for c in psutil.Process(recording.recorder.process.pid).net_connections() if c.status == "LISTEN"
    ]
    assert listening == ["127.0.0.1"]


def test_client_settings_carry_the_time_outs_in_their_order() -> None:
    client = client_settings("127.0.0.1:9092", load_settings({}))
    order = ("connections.max.idle.ms", "socket.timeout.ms", "fetch.wait.max.ms")
    idle, request, fetch = (int(client[name]) for name in order)
    assert idle > request > fetch
