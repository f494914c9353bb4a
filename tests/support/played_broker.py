"""A played broker, and a recorder's consumer of it."""

import queue
import re
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partialmethod
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest
from confluent_kafka import (
    OFFSET_INVALID,
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
from bdd.recorder.consumer import TopicsConsumer
from bdd.recorder.journal import Journal
from tests.support.builders import eventually

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
    without_offset: int = 0
    """How many requests for end offsets are answered without one before one is answered."""
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
        if self.requested <= self.without_offset:
            return SimpleNamespace(offset=OFFSET_INVALID)
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
