"""The checks of the embedded broker while it starts."""

from collections.abc import Mapping
from types import SimpleNamespace

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from bdd.kafka import admin
from bdd.kafka.admin import BrokerAdmin
from bdd.system.waiting import wait_until
from tests.support.builders import LONG_TIMEOUT

TOPICS = {"patient-events": 3}


class Client:
    """Like librdkafka, it remembers partitions without leader, and sends nothing until it rereads the topics."""

    def __init__(self) -> None:
        self.looks = 0

    def list_topics(self, timeout: float) -> object:
        self.looks += 1
        return SimpleNamespace(brokers={1: "itself"})

    def list_offsets(self, wanted: Mapping[TopicPartition, object], request_timeout: float) -> object:
        return dict.fromkeys(wanted, SimpleNamespace(result=self._end))

    def _end(self) -> None:
        if self.looks < 2:
            raise KafkaException(KafkaError(KafkaError.LEADER_NOT_AVAILABLE))


def test_a_client_that_remembers_partitions_without_leader_is_made_to_look_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(admin, "AdminClient", lambda _settings: Client())
    broker = BrokerAdmin("127.0.0.1:9")
    with pytest.raises(AssertionError, match="patient-events/0"):
        broker.check_leaders(TOPICS)
    wait_until(lambda: broker.check_leaders(TOPICS), description="leaders", timeout=LONG_TIMEOUT)
