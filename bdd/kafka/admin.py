"""Requests to a broker's admin interface. Import it late at a start, because the client takes 0.1 s to load."""

from collections.abc import Iterable, Mapping
from contextlib import suppress

from confluent_kafka import KafkaError, KafkaException, TopicCollection, TopicPartition, libversion
from confluent_kafka.admin import AclOperation, AdminClient, ConfigResource, NewTopic, OffsetSpec

_METADATA_SECONDS = 0.25
# Short, because the broker may never answer a request that came before a partition had a leader.
_OFFSETS_SECONDS = 1.0
_CONFIG_SECONDS = 5.0
_BROKERS_DEFAULT = -1
IDLE = "connections.max.idle.ms"


class RequestRefused(Exception):
    """A broker refused a request or did not answer it; the message says why."""


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
        """Check that the broker is registered in its own metadata."""
        try:
            brokers = self._client.list_topics(timeout=_METADATA_SECONDS).brokers
        except KafkaException as error:
            raise AssertionError(error.args[0].str()) from error
        assert brokers, "no broker is registered"

    def create_topics(self, topics: Mapping[str, int], timeout: float) -> None:
        """Create topics (name -> partitions).

        Raises:
            RequestRefused: a topic was refused, or the broker did not respond within `timeout` seconds.
        """
        try:
            create_topics(self._client, topics, timeout)
        except KafkaException as error:
            raise RequestRefused(error.args[0].str()) from error

    def check_leaders(self, topics: Mapping[str, int]) -> None:
        """Check that every partition has a leader, which knows its end offset."""
        try:
            # The client caches that new partitions have no leader, until it fetches the metadata again.
            self._client.list_topics(timeout=_METADATA_SECONDS)
        except KafkaException as error:
            raise AssertionError(error.args[0].str()) from error
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        partitions = [TopicPartition(name, number) for name, count in topics.items() for number in range(count)]
        requested = self._client.list_offsets(dict.fromkeys(partitions, latest), request_timeout=_OFFSETS_SECONDS)
        for partition, answer in requested.items():
            try:
                answer.result()
            except KafkaException as error:
                raise AssertionError(f"{partition.topic}/{partition.partition}: {error.args[0].str()}") from error


def create_topics(admin: AdminClient, topics: Mapping[str, int], timeout: float) -> None:
    """Create topics with the brokers' default number of replicas.

    Args:
        admin: a client of the brokers.
        topics: name -> number of partitions.
        timeout: how many seconds the brokers may take.

    Raises:
        KafkaException: a topic was refused, or no broker responded in time; the message names it.
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


def unreadable(client: Mapping[str, str], topics: Iterable[str]) -> list[str]:
    """Return those of these topics that the brokers do not let this user read; none where they do not say it.

    Args:
        client: the librdkafka settings to connect with.
        topics: the topics, which exist.
    """
    admin = AdminClient({**client, "log_level": "0"})
    described = admin.describe_topics(
        TopicCollection(list(topics)), include_authorized_operations=True, request_timeout=_CONFIG_SECONDS
    )
    refused = []
    for name, answer in described.items():
        with suppress(KafkaException):
            allowed = answer.result().authorized_operations
            refused += [name] if allowed and AclOperation.READ not in allowed else []
    return refused


def idle_limit(client: Mapping[str, str], broker: int) -> int | None:
    """Return the milliseconds after which a broker closes idle connections.

    Args:
        client: the librdkafka settings to connect with.
        broker: its number.

    Returns:
        None if the broker does not answer: not every user may read its settings.
    """
    resource = ConfigResource(ConfigResource.Type.BROKER, str(broker))
    admin = AdminClient({**client, "log_level": "0"})
    try:
        answers = admin.describe_configs([resource], request_timeout=_CONFIG_SECONDS)
        return int(answers[resource].result(_CONFIG_SECONDS)[IDLE].value)
    except (KafkaException, KeyError, TimeoutError):
        return None


def librdkafka_version() -> str:
    """Return the version of the C library that the client uses."""
    return str(libversion()[0])
