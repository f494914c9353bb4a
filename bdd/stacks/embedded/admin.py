"""What the embedded broker is asked over the Kafka protocol. Imported late: the client takes 0.1 s to load."""

from collections.abc import Mapping

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from bdd.kafka.topics import create_topics
from bdd.stacks.embedded.errors import BrokerUnavailable

_METADATA_SECONDS = 0.25
# Short, and asked again: a request that met a partition before its leader was known may never be answered.
_OFFSETS_SECONDS = 1.0


class BrokerAdmin:
    """A client of one broker that may still be starting; its checks raise AssertionError for "not yet"."""

    def __init__(self, bootstrap_servers: str) -> None:
        self._client = AdminClient(
            {
                "bootstrap.servers": bootstrap_servers,
                "reconnect.backoff.ms": 10,
                "reconnect.backoff.max.ms": 20,
                "log_level": 0,  # it would report each refused connection
            }
        )

    def check_metadata(self) -> None:
        """Check that the broker tells its clients of itself."""
        try:
            brokers = self._client.list_topics(timeout=_METADATA_SECONDS).brokers
        except KafkaException as error:
            raise AssertionError(error.args[0].str()) from error
        assert brokers, "no broker is registered"

    def create_topics(self, topics: Mapping[str, int], timeout: float) -> None:
        """Create topics (name -> partitions).

        Raises:
            BrokerUnavailable: a topic was refused, or there was no answer within so many seconds.
        """
        try:
            create_topics(self._client, topics, timeout)
        except KafkaException as error:
            raise BrokerUnavailable(error.args[0].str()) from error

    def check_leaders(self, topics: Mapping[str, int]) -> None:
        """Check that every partition is led: that its end offset is known."""
        try:
            # The client remembers partitions without leader from right after the topics were made, and then asks
            # no broker any more; this makes it look anew.
            self._client.list_topics(timeout=_METADATA_SECONDS)
        except KafkaException as error:
            raise AssertionError(error.args[0].str()) from error
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        partitions = [TopicPartition(name, number) for name, count in topics.items() for number in range(count)]
        asked = self._client.list_offsets(dict.fromkeys(partitions, latest), request_timeout=_OFFSETS_SECONDS)
        for partition, answer in asked.items():
            try:
                answer.result()
            except KafkaException as error:
                raise AssertionError(f"{partition.topic}/{partition.partition}: {error.args[0].str()}") from error
