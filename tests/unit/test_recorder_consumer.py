"""The recorder's consumer against a played broker: what it reads, and from where; when it is ready; its fence."""

import errno
import itertools
import logging
import queue
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partialmethod
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock, patch

import pytest
from confluent_kafka import (
    OFFSET_BEGINNING,
    IsolationLevel,
    KafkaError,
    KafkaException,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import OffsetSpec

from bdd.kafka.record import Gap, Record, Remade, from_line
from bdd.recorder import brokers as brokers_module
from bdd.recorder import consumer as consumer_module
from bdd.recorder import incomplete as incomplete_module
from bdd.recorder.brokers import BrokersSilent
from bdd.recorder.consumer import TopicsConsumer
from bdd.recorder.incomplete import Incomplete, Lag
from bdd.recorder.journal import Journal
from tests.support.builders import LONG_TIMEOUT, SHORT_TIMEOUT, eventually, stand_in

TOPIC, OTHER = "patient-events", "synthetic-later"
NO_LEADER = KafkaError(KafkaError.LEADER_NOT_AVAILABLE)
NO_RIGHT = KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED)
NOT_REPORTED = rf"^the broker at kafka:9092 does not report the end offsets: {re.escape(NO_LEADER.str())}$"
AT_THE_END = KafkaError(KafkaError._PARTITION_EOF)
CANNOT_WRITE = "the recorder cannot write /tmp/journal.jsonl: No space left on device"
DELETED = KafkaError(KafkaError._AUTO_OFFSET_RESET)


def message(offset: int, value: bytes | None = None, *, error: KafkaError | None = None, **changed: Any) -> object:
    """Return a message of the client's library, of partition 1 if no other is given."""
    values = {"topic": TOPIC, "partition": 1, "timestamp": (1, 17), "key": b"5", "headers": None, **changed}
    values |= {"offset": offset, "value": value, "error": error}
    return SimpleNamespace(**{name: lambda value=value: value for name, value in values.items()})


@dataclass
class PlayedBroker:
    """Plays the admin client and the consumer: metadata, end offsets, and the messages that the test puts in."""

    topics: dict[str, int] = field(default_factory=lambda: {TOPIC: 2, "foreign": 1, "__internal": 1})
    ends: dict[tuple[str, int], int] = field(default_factory=dict)
    stable: dict[tuple[str, int], int] = field(default_factory=dict)
    """The last stable offsets that are not the end offsets, because of an open transaction."""
    leaderless: str = ""
    ids: dict[str, str] = field(default_factory=dict)
    in_vain: int = 0
    """How many requests for end offsets fail before one is answered."""
    hidden: int = 0
    """In how many responses a topic that was created is still missing."""
    requested: int = 0
    created: list[str] = field(default_factory=list)
    assigned: list[tuple[str, str, int, int]] = field(default_factory=list)
    messages: "queue.Queue[object]" = field(default_factory=queue.Queue)
    while_listing: Callable[[], object] = lambda: None
    closed: bool = False

    def list_topics(self, timeout: float) -> SimpleNamespace:
        assert timeout > 0
        self.while_listing()
        self.hidden -= bool(self.created)
        shown = {name: count for name, count in self.topics.items() if name not in self.created or self.hidden < 0}
        return SimpleNamespace(topics={name: SimpleNamespace(partitions=range(n)) for name, n in shown.items()})

    def list_offsets(
        self, wanted: Mapping[TopicPartition, object], isolation_level: IsolationLevel, request_timeout: float
    ) -> object:
        assert request_timeout > 0
        assert {type(spec) for spec in wanted.values()} == {type(OffsetSpec.latest())}  # type: ignore[no-untyped-call]
        self.requested += 1
        ends = self.ends | (self.stable if isolation_level is IsolationLevel.READ_COMMITTED else {})
        return {place: SimpleNamespace(result=lambda place=place: self._end(place, ends)) for place in wanted}

    def _end(self, place: TopicPartition, ends: Mapping[tuple[str, int], int]) -> object:
        if self.requested <= self.in_vain or place.topic == self.leaderless:
            raise KafkaException(NO_LEADER)
        return SimpleNamespace(offset=ends.get((place.topic, place.partition), 0))

    def describe_topics(self, topics: TopicCollection, request_timeout: float) -> object:
        shown = self.list_topics(request_timeout).topics
        return {name: self._described(name, shown) for name in topics.topic_names}

    def _described(self, name: str, shown: Mapping[str, Any]) -> "Future[object]":
        described: Future[object] = Future()
        if name in shown:
            topic_id = self.ids.get(name, "the first")
            described.set_result(SimpleNamespace(topic_id=topic_id, partitions=shown[name].partitions))
        else:
            described.set_exception(KafkaException(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART)))
        return described

    def create_topics(self, admin: object, topics: Mapping[str, int], timeout: float) -> None:
        assert admin is self
        assert timeout > 0
        already, self.created = self.created, [*self.created, *topics]
        self.topics |= topics
        if already:
            raise KafkaException(KafkaError(KafkaError.TOPIC_ALREADY_EXISTS))

    def _note(self, how: str, places: list[TopicPartition]) -> None:
        self.assigned += [(how, place.topic, place.partition, place.offset) for place in places]

    assign = partialmethod(_note, "pinned")
    incremental_assign = partialmethod(_note, "added")
    incremental_unassign = partialmethod(_note, "removed")

    def get_watermark_offsets(self, place: TopicPartition, timeout: float) -> tuple[int, int]:
        assert (place.topic, place.partition) == (TOPIC, 1)
        assert timeout > 0
        return 9, 20

    def poll(self, timeout: float) -> object | None:
        assert timeout > 0
        with suppress(queue.Empty):
            return self.messages.get(timeout=0.001)
        return None

    def consume(self, count: int, timeout: float) -> list[object]:
        assert (count, timeout) == (1000, 0), "a full batch, but without a wait for it"
        return [self.messages.get_nowait() for _ in range(self.messages.qsize())]

    def close(self) -> None:
        self.closed = True


class Consuming:
    """A consumer of a played broker."""

    def __init__(
        self, journal: Journal, monkeypatch: pytest.MonkeyPatch, *, create_topics: bool, **played: Any
    ) -> None:
        self.broker = PlayedBroker(**played)
        self.journal = journal
        self.grown: list[int] = []
        self.clients = Mock(return_value=self.broker)
        monkeypatch.setattr(brokers_module, "AdminClient", self.clients)
        monkeypatch.setattr(consumer_module, "Consumer", self.clients)
        monkeypatch.setattr(brokers_module, "create_topics", self.broker.create_topics)
        self.consumer = TopicsConsumer(
            {"bootstrap.servers": "kafka:9092"},
            {TOPIC: 2, OTHER: 1},
            journal,
            on_growth=lambda: self.grown.append(journal.cursor),
            create_topics=create_topics,
        )

    def start(self) -> None:
        self.consumer.start()
        self.eventually(lambda: any(how == "pinned" for how, *_ in self.broker.assigned))

    def eventually(self, condition: Callable[[], object]) -> None:
        eventually(condition, self.consumer._thread)

    def deliver(self, *messages: object) -> None:
        for each in messages:
            self.broker.messages.put(each)

    def entries(self, count: int) -> list[Record | Gap | Remade]:
        self.eventually(lambda: self.journal.cursor >= count)
        return [from_line(line) for line in self.journal.lines_after(0).splitlines()]


Consume = Callable[..., Consuming]


@pytest.fixture
def consume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Iterator[Consume]:
    monkeypatch.setattr(consumer_module, "_LOOK_FOR_TOPICS_SECONDS", 0.005)
    caplog.set_level(logging.INFO)
    made: list[Consuming] = []

    def make(*, create_topics: bool = False, **played: Any) -> Consuming:
        made.append(Consuming(journal, monkeypatch, create_topics=create_topics, **played))
        return made[-1]

    with Journal(tmp_path / "journal.jsonl", limit=1 << 30) as journal:
        yield make
        for each in made:
            if each.consumer._thread.is_alive():
                each.consumer.stop()
                assert each.broker.closed


def test_it_joins_no_group_and_commits_nothing(consume: Consume) -> None:
    consuming = consume()
    assert consuming.consumer._thread.daemon, "a process that fails does not wait for its consumer"
    (admin,), (consumer,) = (call.args for call in consuming.clients.call_args_list)
    assert admin["bootstrap.servers"] == consumer["bootstrap.servers"] == "kafka:9092"
    assert admin["logger"] is consumer["logger"] is logging.getLogger("bdd.recorder.consumer")
    expected = {"enable.auto.commit": "false", "enable.partition.eof": "true", "auto.offset.reset": "error"}
    expected["isolation.level"] = "read_committed"
    assert {name: consumer[name] for name in expected} == expected
    assert consumer["group.id"]


def test_it_is_pinned_to_the_ends_of_its_topics_and_ready_when_each_was_reached(
    consume: Consume, caplog: pytest.LogCaptureFixture
) -> None:
    consuming = consume(ends={(TOPIC, 0): 7, (TOPIC, 1): 5}, in_vain=2)
    consuming.start()
    assert consuming.broker.assigned == [("pinned", TOPIC, 0, 7), ("pinned", TOPIC, 1, 5)], "no foreign topic"
    consuming.deliver(message(5, error=AT_THE_END), message(5, b"first"))
    consuming.entries(1)
    assert caplog.messages == [f"not pinned yet: {NO_LEADER}"] * 2 + ["pinned to the end of 2 partitions"]
    assert not consuming.consumer.ready.is_set(), "partition 0 has not reported its end"
    consuming.deliver(message(9, partition=0, error=AT_THE_END))
    consuming.eventually(consuming.consumer.ready.is_set)
    consuming.broker.ends |= {(TOPIC, 0): 9, (TOPIC, 1): 6}
    assert consuming.consumer.fence(LONG_TIMEOUT) == 1, "a transaction's marker has an offset too, and no record"


def test_it_is_ready_at_once_with_a_broker_without_topics(consume: Consume) -> None:
    consuming = consume(topics={"foreign": 1})
    consuming.consumer.start()
    consuming.eventually(consuming.consumer.ready.is_set)
    assert consuming.broker.assigned == []
    assert consuming.consumer.fence(LONG_TIMEOUT) == 0


@pytest.mark.parametrize("hidden", [0, 1, 3])
def test_it_creates_missing_topics_and_is_not_pinned_before_the_broker_lists_them(
    hidden: int, consume: Consume, caplog: pytest.LogCaptureFixture
) -> None:
    consuming = consume(topics={}, hidden=hidden, create_topics=True)
    consuming.start()
    assert consuming.broker.topics == {TOPIC: 2, OTHER: 1}
    assert sorted(place[1:3] for place in consuming.broker.assigned) == [(TOPIC, 0), (TOPIC, 1), (OTHER, 0)]
    assert f"created the topics {TOPIC}, {OTHER}" in caplog.messages


def test_a_record_keeps_what_kafka_holds(consume: Consume, caplog: pytest.LogCaptureFixture) -> None:
    consuming = consume()
    consuming.start()
    before = time.time()
    strange = message(19, b"strange")
    strange.headers = lambda: (_ for _ in ()).throw(SystemError("a name is not UTF-8"))  # type: ignore[attr-defined]
    failed = KafkaError(KafkaError._TRANSPORT, "a broker is down")
    headers = [("source", b"test"), ("empty", None)]
    consuming.deliver(message(17, b"{}", headers=headers), message(18, partition=0, key=None), strange)
    consuming.deliver(message(0, error=failed), message(20, b"last"))
    records = consuming.entries(4)
    assert all(isinstance(each, Record) and before <= each.received <= time.time() for each in records)
    seen = [(r.place, r.timestamp, r.key, r.headers, r.value) for r in records if isinstance(r, Record)]
    assert seen == [
        (f"{TOPIC}/1@17", 17, b"5", tuple(headers), b"{}"),
        (f"{TOPIC}/0@18", 17, None, (), None),
        (f"{TOPIC}/1@19", 17, b"5", (), b"strange"),
        (f"{TOPIC}/1@20", 17, b"5", (), b"last"),
    ]
    assert consuming.grown[-1] == 4, "a listener that is notified can read what has come"
    assert caplog.messages[1:] == [
        "the headers of a record cannot be read: a name is not UTF-8",
        f"librdkafka: {failed}",
    ]


@pytest.mark.parametrize(("position", "last"), [(3, 8), (9, 9), (12, 12)])
def test_records_that_were_deleted_are_a_gap_and_reading_goes_on_behind_it(
    position: int, last: int, consume: Consume, caplog: pytest.LogCaptureFixture
) -> None:
    consuming = consume(ends={(TOPIC, 1): position})
    consuming.start()
    consuming.deliver(message(position, error=DELETED))
    gap = Gap(TOPIC, 1, position, last)
    assert consuming.entries(1) == [gap]
    assert consuming.broker.assigned[2:] == [("removed", TOPIC, 1, -1001), ("added", TOPIC, 1, 9)]
    assert caplog.messages[1:] == [str(gap)]
    consuming.broker.ends[TOPIC, 1] = last + 1
    assert consuming.consumer.fence(LONG_TIMEOUT) == 1, "the gap counts as read"
    consuming.broker.ends[TOPIC, 1] = last + 2
    with pytest.raises(Incomplete, match=f"1 record behind: {TOPIC}/1 is read up to {last + 1} of {last + 2}\n"):
        consuming.consumer.fence(SHORT_TIMEOUT)


def test_a_topic_that_appears_later_is_read_from_its_beginning(
    consume: Consume, caplog: pytest.LogCaptureFixture
) -> None:
    consuming = consume()
    consuming.start()
    failures = [KafkaException(NO_LEADER)]

    def fail_once() -> None:
        if failures:
            raise failures.pop()

    consuming.broker.while_listing = fail_once
    consuming.eventually(lambda: not failures)
    consuming.broker.topics[OTHER] = 1
    consuming.eventually(lambda: len(consuming.broker.assigned) == 3)
    assert consuming.broker.assigned[2] == ("added", OTHER, 0, OFFSET_BEGINNING)
    assert consuming.consumer.fence(LONG_TIMEOUT) == 0, "it is empty"
    assert consuming.broker.created == [], "none is created unless the setting says so"
    consuming.broker.ends[OTHER, 0] = 1
    with pytest.raises(Incomplete, match=f"1 record behind: {OTHER}/0 is read up to 0 of 1\n"):
        consuming.consumer.fence(SHORT_TIMEOUT)
    consuming.eventually(lambda: len(caplog.messages) == 3)
    assert caplog.messages[1:] == [
        f"no topic could be looked up: {NO_LEADER}",
        f"added from the beginning: [('{OTHER}', 0)]",
    ]
    expected = {TOPIC: 2, "foreign": 1, OTHER: 1}
    assert consuming.consumer.partitions(LONG_TIMEOUT) == expected, "internal ones are left out"


def test_it_looks_for_new_topics_only_now_and_then(consume: Consume, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer_module, "_LOOK_FOR_TOPICS_SECONDS", 1000)
    consuming, looks = consume(), []
    consuming.broker.while_listing = lambda: looks.append(1)
    consuming.start()
    for count in (1, 2, 3, 4):
        consuming.deliver(message(count, b"{}"))
        consuming.entries(count)
    assert len(looks) == 3, "twice to be pinned, once since"


def test_two_fences_at_once_assign_a_new_topic_once(consume: Consume) -> None:
    consuming = consume()
    both = threading.Barrier(2)

    def meet() -> None:
        with suppress(threading.BrokenBarrierError):
            both.wait(SHORT_TIMEOUT)

    consuming.broker.while_listing = meet
    with ThreadPoolExecutor(2) as threads:
        fences = [threads.submit(consuming.consumer.fence, LONG_TIMEOUT) for _ in range(2)]
    assert [fence.result() for fence in fences] == [0, 0]
    assert len(consuming.broker.assigned) == len(set(consuming.broker.assigned)) == 2


def test_a_fence_waits_until_the_journal_holds_all_that_was_published_before(consume: Consume) -> None:
    consuming = consume()
    consuming.start()
    consuming.broker.ends |= {(TOPIC, 0): 1, (TOPIC, 1): 2}
    consuming.deliver(message(0, b"1"), message(1, b"2"))
    consuming.entries(2)
    with ThreadPoolExecutor(1) as thread:
        fence = thread.submit(consuming.consumer.fence, LONG_TIMEOUT)
        consuming.deliver(message(0, b"3", partition=0))
        assert fence.result() == 3
    consuming.broker.ends[TOPIC, 0] = 2
    with pytest.raises(Incomplete, match=f"1 record behind: {TOPIC}/0 is read up to 1 of 2\n"):
        consuming.consumer.fence(SHORT_TIMEOUT)


def test_a_fence_that_is_not_reached_reports_how_far_the_journal_is(consume: Consume) -> None:
    consuming = consume(ends={(TOPIC, 0): 4, (TOPIC, 1): 2})
    consuming.start()
    consuming.broker.ends |= {(TOPIC, 0): 9, (TOPIC, 1): 3}
    places = f"{TOPIC}/0 is read up to 4 of 9, {TOPIC}/1 is read up to 2 of 3"
    message = rf"^the recorder is 6 records behind: {places}\n    next: see whether the broker throttles"
    with pytest.raises(Incomplete, match=message):
        consuming.consumer.fence(SHORT_TIMEOUT)


def test_a_fence_waits_for_a_consumer_that_is_slow_as_long_as_it_reads_on(
    consume: Consume, monkeypatch: pytest.MonkeyPatch
) -> None:
    consuming = consume()
    consuming.start()
    clock = itertools.count(
        0.0, 0.6
    )  # each look at the lag is that much later, and a fence may be 1 s without news
    consuming.broker.ends[TOPIC, 0] = 10
    monkeypatch.setattr(incomplete_module, "time", stand_in(time, monotonic=lambda: next(clock)))
    lag = Lag({(TOPIC, 0): 10, (TOPIC, 1): 0}, consuming.consumer._positions)
    for offset in range(10):
        consuming.consumer._take([message(offset, b"{}", partition=0)])
        assert lag.seconds() <= 1.2, "it has just read something"
    assert lag.records == 0
    assert [lag.seconds() < lag.seconds(), lag.seconds() > 1.2] == [True, True], "there is nothing more to read"


def test_what_an_open_transaction_holds_back_is_waited_for_on_needed_topics_alone(consume: Consume) -> None:
    consuming = consume(ends={(TOPIC, 1): 9}, stable={(TOPIC, 1): 7}, topics={TOPIC: 2, OTHER: 1})
    consuming.start()
    assert ("pinned", TOPIC, 1, 7) in consuming.broker.assigned, "the end that a consumer can reach"
    assert consuming.consumer.fence(LONG_TIMEOUT, [OTHER]) == 0, "nobody needs the topic"
    held = (
        rf"^an open transaction on {TOPIC}/1 holds back what was published from offset 7 on: .*\n    next: kafka-"
    )
    for topics in ([TOPIC], [OTHER, TOPIC], []):
        with pytest.raises(Incomplete, match=held):
            consuming.consumer.fence(SHORT_TIMEOUT, topics)
    with ThreadPoolExecutor(1) as thread:
        fence = thread.submit(consuming.consumer.fence, LONG_TIMEOUT, [TOPIC])
        consuming.deliver(message(7, b"{}"), message(9, error=AT_THE_END))
        assert fence.result() == 1, "it was committed in time"


def test_a_partition_without_a_leader_keeps_only_those_waiting_who_need_it(consume: Consume) -> None:
    consuming = consume(topics={TOPIC: 2, OTHER: 1})
    consuming.start()
    consuming.broker.leaderless = OTHER
    assert consuming.consumer.fence(LONG_TIMEOUT, [TOPIC]) == 0
    with pytest.raises(Incomplete, match=NOT_REPORTED):
        consuming.consumer.fence(SHORT_TIMEOUT, [OTHER])


def test_a_topic_that_may_not_be_read_is_named_at_once_to_those_who_need_it(consume: Consume) -> None:
    consuming = consume(topics={TOPIC: 2, OTHER: 1}, ends={(OTHER, 0): 7})
    consuming.start()
    consuming.broker.ends[OTHER, 0] = 9
    consuming.deliver(message(0, error=AT_THE_END), message(0, partition=0, error=AT_THE_END))
    consuming.deliver(message(0, topic=OTHER, partition=0, error=NO_RIGHT))
    consuming.eventually(consuming.consumer.ready.is_set)
    sentence = f"a client without a login may not read the topic {OTHER}"
    assert consuming.consumer.troubles()[OTHER].startswith(f"{sentence}\n    next: kafka-acls.sh")
    assert consuming.grown, "those who follow the journal are woken"
    assert consuming.consumer.fence(LONG_TIMEOUT, [TOPIC]) == 0, "nobody needs the other one"
    with pytest.raises(Incomplete, match=f"^{sentence}\n"):
        consuming.consumer.fence(10 * LONG_TIMEOUT, [OTHER])
    consuming.deliver(message(9, topic=OTHER, partition=0, error=AT_THE_END))
    consuming.eventually(lambda: not consuming.consumer.troubles())
    assert consuming.consumer.fence(LONG_TIMEOUT, [OTHER]) == 0


def test_a_topic_that_is_not_there_any_more_is_named_to_those_who_need_it(consume: Consume) -> None:
    consuming = consume(topics={TOPIC: 2, OTHER: 1})
    consuming.start()
    del consuming.broker.topics[OTHER]
    assert consuming.consumer.fence(LONG_TIMEOUT, [TOPIC]) == 0
    gone = f"the topic {OTHER} is not there any more, or a client without a login may not see it"
    with pytest.raises(Incomplete, match=f"^the broker at kafka:9092 does not report the end offsets: {gone}$"):
        consuming.consumer.fence(SHORT_TIMEOUT, [OTHER])


def test_a_topic_that_is_deleted_and_made_anew_is_a_loss_and_is_read_from_its_beginning(
    consume: Consume, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_module, "_LOOK_FOR_TOPICS_SECONDS", 1000)
    consuming = consume(topics={TOPIC: 2, OTHER: 1}, ends={(TOPIC, 1): 7})
    consuming.start()
    consuming.deliver(message(7, error=AT_THE_END))
    consuming.broker.ids[TOPIC] = "the second"
    consuming.broker.ends[TOPIC, 1] = 3
    remade = Remade(TOPIC)
    with pytest.raises(Incomplete, match=f"^{remade}$"):
        consuming.consumer.fence(LONG_TIMEOUT, [TOPIC])
    assert consuming.consumer.fence(LONG_TIMEOUT, [OTHER]) == 0, "nobody needs it"
    before = len(consuming.broker.assigned)
    consuming.deliver(message(7, error=DELETED))
    assert consuming.entries(1) == [remade], "not a gap: its offsets begin again"
    consuming.eventually(lambda: len(consuming.broker.assigned) >= before + 4)
    again = [("removed", TOPIC, n, -1001) for n in (0, 1)] + [("added", TOPIC, n, OFFSET_BEGINNING) for n in (0, 1)]
    assert consuming.broker.assigned[before:] == again
    consuming.deliver(message(2, b"{}"))
    consuming.entries(2)
    assert consuming.consumer.fence(LONG_TIMEOUT, [TOPIC]) == 2


def test_a_consumer_that_cannot_write_says_so_and_keeps_no_fence_waiting(consume: Consume) -> None:
    consuming = consume()
    consuming.start()
    consuming.eventually(lambda: not consuming.consumer.troubles())
    consuming.broker.ends[TOPIC, 1] = 1
    full = OSError(errno.ENOSPC, "No space left on device", "/tmp/journal.jsonl")  # noqa: S108 - nothing is written
    with ThreadPoolExecutor(1) as thread, patch.object(consuming.journal, "append", side_effect=full):
        fence = thread.submit(consuming.consumer.fence, 10 * LONG_TIMEOUT)
        consuming.deliver(message(0, b"{}"))
        with pytest.raises(Incomplete, match=f"^{CANNOT_WRITE}\n    next: make room there"):
            fence.result(LONG_TIMEOUT)
    consuming.consumer._thread.join(LONG_TIMEOUT)
    assert consuming.consumer.troubles()[""].startswith(CANNOT_WRITE)
    assert consuming.grown, "those who follow the journal are woken"
    with pytest.raises(Incomplete, match=f"^{CANNOT_WRITE}"):
        consuming.consumer.fence(10 * LONG_TIMEOUT)


def test_a_consumer_reads_on_when_the_journal_has_room_again(
    consume: Consume, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = threading.Event()
    monkeypatch.setattr(Journal, "is_full", property(lambda _: full.is_set()))
    consuming = consume()
    consuming.start()
    full.set()
    with patch.object(consuming.broker, "poll", side_effect=AssertionError("it must not be asked")):
        looks = len(consuming.broker.assigned)
        consuming.broker.topics[OTHER] = 1
        consuming.eventually(lambda: len(consuming.broker.assigned) > looks)  # it looks for topics all the same
    assert not consuming.consumer.troubles()
    consuming.deliver(message(0, b"{}"))
    full.clear()
    consuming.entries(1)


def test_whatever_ends_the_consuming_thread_is_reported(consume: Consume, caplog: pytest.LogCaptureFixture) -> None:
    consuming = consume(ends={(TOPIC, 1): 3})
    consuming.start()
    with patch.object(consuming.broker, "get_watermark_offsets", side_effect=KafkaException(NO_LEADER)):
        consuming.deliver(message(3, error=DELETED))
        consuming.consumer._thread.join(LONG_TIMEOUT)
    assert consuming.consumer.troubles()[""].startswith("the recorder has stopped reading: KafkaError{")
    assert caplog.messages[-1] == "nothing more is read"


@pytest.mark.parametrize("in_vain", [1, 3])
def test_a_fence_requests_again_the_ends_that_a_restarted_broker_does_not_know_yet(
    in_vain: int, consume: Consume
) -> None:
    consuming = consume(in_vain=in_vain)
    assert consuming.consumer.fence(timeout=LONG_TIMEOUT) == 0
    assert consuming.broker.requested == in_vain + 1
    consuming.broker.in_vain = 1_000_000
    with pytest.raises(Incomplete, match=NOT_REPORTED):
        consuming.consumer.fence(timeout=SHORT_TIMEOUT)


@pytest.mark.parametrize("request_of", [TopicsConsumer.partitions, TopicsConsumer.fence])
def test_a_broker_that_answers_nothing_is_named_after_it_was_asked_again(
    request_of: Callable[[TopicsConsumer, float], object], consume: Consume
) -> None:
    consuming, tries = consume(), []

    def time_out_twice() -> None:
        tries.append(1)
        if len(tries) <= 2:
            raise too_slow

    def time_out() -> None:
        raise too_slow

    too_slow = KafkaException(KafkaError(KafkaError._TIMED_OUT, "too slow"))
    consuming.broker.while_listing = time_out_twice
    request_of(consuming.consumer, LONG_TIMEOUT)
    consuming.broker.while_listing = time_out
    with pytest.raises(
        BrokersSilent, match=r"^the broker at kafka:9092 has answered nothing for 0 s \(too slow\)$"
    ):
        request_of(consuming.consumer, 0)
