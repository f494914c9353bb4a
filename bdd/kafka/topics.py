"""Creates topics."""

from collections.abc import Mapping

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

_BROKERS_DEFAULT = -1


def create_topics(admin: AdminClient, topics: Mapping[str, int], timeout: float) -> None:
    """Create topics (name -> partitions) with the brokers' default number of replicas.

    Raises:
        KafkaException: a topic was refused, or no broker responded within `timeout` seconds; the message names it.
    """
    new = [
        NewTopic(name, num_partitions=count, replication_factor=_BROKERS_DEFAULT) for name, count in topics.items()
    ]
    for name, created in admin.create_topics(new, request_timeout=timeout).items():
        try:
            created.result()
        except KafkaException as error:
            refusal: KafkaError = error.args[0]
            message = f"the topic {name} was not created: {refusal.str()}"
            raise KafkaException(KafkaError(refusal.code(), message)) from error
