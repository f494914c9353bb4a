"""The recorder's consumer: what it does with the answers of brokers that a real one cannot be made to give."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from confluent_kafka import KafkaError, KafkaException

from bdd.recorder.consumer import Partition, TopicsConsumer
from bdd.recorder.journal import Journal


class AnswersOf(TopicsConsumer):
    """A consumer whose brokers refuse the end offsets with these codes, one after the other, and then give them."""

    def __init__(self, journal: Journal, *codes: int) -> None:
        super().__init__({"bootstrap.servers": "127.0.0.1:1"}, [], journal)
        self.codes = list(codes)

    def _take_in_new_partitions(self) -> None:
        """There are none."""

    def _end_offsets(self, places: Iterable[Partition]) -> dict[Partition, int]:
        if self.codes:
            raise KafkaException(KafkaError(self.codes.pop(0)))
        return {}


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal") as opened:
        yield opened


def test_a_fence_is_asked_for_again_while_a_restarted_broker_becomes_the_leader(journal: Journal) -> None:
    consumer = AnswersOf(journal, KafkaError.UNKNOWN_LEADER_EPOCH, KafkaError.NOT_LEADER_FOR_PARTITION)
    assert consumer.fence(within=1) == 0
    assert not consumer.codes


def test_a_fence_that_is_refused_for_good_is_not_asked_for_again(journal: Journal) -> None:
    consumer = AnswersOf(journal, KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.UNKNOWN_LEADER_EPOCH)
    with pytest.raises(KafkaException):
        consumer.fence(within=1)
    assert len(consumer.codes) == 1
