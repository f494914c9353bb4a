"""The recorder's consumer beside a broker that has just been restarted."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from bdd.recorder import consumer
from bdd.recorder.consumer import TopicsConsumer
from bdd.recorder.journal import Journal

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
    assert recorder_beside(broker, journal, monkeypatch).fence(within=10) == 0
    assert broker.asked == in_vain + 1


def test_a_fence_that_never_learns_the_ends_says_what_the_broker_said(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = Broker(in_vain=1_000_000)
    with pytest.raises(AssertionError, match=r"the end offsets: not within 0\.05 s") as failed:
        recorder_beside(broker, journal, monkeypatch).fence(within=0.05)
    assert NO_LEADER.str() in str(failed.value)
