"""The recorder's consumer beside a broker that has just been restarted."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from confluent_kafka import KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import NewTopic

from bdd.recorder import consumer
from bdd.recorder.consumer import TopicsConsumer
from bdd.recorder.journal import Journal
from tests.support.builders import LONG_TIMEOUT

TOPIC = "patient-events"
PARTITIONS = 3
NO_LEADER = KafkaError(KafkaError.LEADER_NOT_AVAILABLE)


class Broker:
    """Knows its topics at once; says where they end only when it has been asked a few times in vain."""

    def __init__(self, in_vain: int) -> None:
        self.in_vain = in_vain
        self.asked = 0

    def list_topics(self, timeout: float) -> object:
        return SimpleNamespace(topics={TOPIC: SimpleNamespace(partitions=range(PARTITIONS))})

    def list_offsets(self, wanted: Mapping[TopicPartition, object], request_timeout: float) -> object:
        self.asked += 1
        return dict.fromkeys(wanted, SimpleNamespace(result=self._end))

    def incremental_assign(self, partitions: list[TopicPartition]) -> None:
        assert len(partitions) == PARTITIONS

    def _end(self) -> object:
        if self.asked <= self.in_vain:
            raise KafkaException(NO_LEADER)
        return SimpleNamespace(offset=0)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.jsonl") as opened:
        yield opened


def recorder_beside(broker: Broker, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> TopicsConsumer:
    for client in ("AdminClient", "Consumer"):
        monkeypatch.setattr(consumer, client, lambda _settings: broker)
    return TopicsConsumer({}, {TOPIC: PARTITIONS}, journal)


@pytest.mark.parametrize("in_vain", [0, 1, 3])
def test_a_fence_asks_again_for_ends_that_a_restarted_broker_does_not_know_yet(
    in_vain: int, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = Broker(in_vain)
    assert recorder_beside(broker, journal, monkeypatch).fence(timeout=LONG_TIMEOUT) == 0
    assert broker.asked == in_vain + 1


def test_a_fence_that_never_learns_the_ends_says_what_the_broker_said(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = Broker(in_vain=1_000_000)
    with pytest.raises(AssertionError, match=r"the end offsets: not within 0\.05 s") as failed:
        recorder_beside(broker, journal, monkeypatch).fence(timeout=0.05)
    assert NO_LEADER.str() in str(failed.value)


class BusyBroker(Broker):
    """Takes a while to tell of topics that it has just made."""

    def __init__(self, in_vain: int) -> None:
        super().__init__(in_vain=0)
        self._hidden = in_vain
        self.assigned: list[TopicPartition] = []
        self.made = False

    def list_topics(self, timeout: float) -> object:
        if self.made and self._hidden > 0:
            self._hidden -= 1
        elif self.made:
            return super().list_topics(timeout)
        return SimpleNamespace(topics={})

    def create_topics(self, new: list[NewTopic], request_timeout: float) -> object:
        already = KafkaError(KafkaError.TOPIC_ALREADY_EXISTS) if self.made else None
        self.made = True

        def result() -> None:
            if already:
                raise KafkaException(already)

        return {topic.topic: SimpleNamespace(result=result) for topic in new}

    def assign(self, partitions: list[TopicPartition]) -> None:
        self.assigned = partitions


@pytest.mark.parametrize("in_vain", [0, 1, 3])
def test_it_is_not_pinned_before_the_broker_tells_of_the_topics_that_were_made(
    in_vain: int, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = BusyBroker(in_vain)
    for client in ("AdminClient", "Consumer"):
        monkeypatch.setattr(consumer, client, lambda _settings: broker)
    TopicsConsumer({}, {TOPIC: PARTITIONS}, journal, create_topics=True)._pin()
    assert len(broker.assigned) == PARTITIONS


class StrangeMessage:
    """Anybody may write a header whose name is not UTF-8; the client's library breaks down over it."""

    def headers(self) -> object:
        raise SystemError("returned a result with an exception set")

    def timestamp(self) -> tuple[int, int]:
        return 1, 1_780_000_000_000

    def topic(self) -> str:
        return TOPIC

    def partition(self) -> int:
        return 1

    def offset(self) -> int:
        return 17

    def key(self) -> bytes:
        return b"5"

    def value(self) -> bytes:
        return b"{}"


def test_a_record_whose_headers_cannot_be_read_is_recorded_without_them() -> None:
    record = consumer._record(cast("Message", StrangeMessage()), received=1_780_000_000.1)
    assert (record.place, record.key, record.value, record.headers) == (f"{TOPIC}/1@17", b"5", b"{}", ())
