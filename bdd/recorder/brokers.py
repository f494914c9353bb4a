"""What the recorder asks of the brokers: their topics, and the end offsets of partitions."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

from confluent_kafka import IsolationLevel, KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from bdd.kafka.admin import create_topics
from bdd.recorder.incomplete import Incomplete, Partition
from bdd.system.waiting import wait_until

_METADATA_SECONDS = 3.0
_CREATE_SECONDS = 5.0
# Short, and sent again: a request that met a partition before its leader was known may never be answered.
_OFFSETS_SECONDS = 1.0

_UNKNOWN = {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError.TOPIC_AUTHORIZATION_FAILED}

T = TypeVar("T")


class BrokersSilent(Exception):
    """The brokers have answered nothing for some seconds; the message says which, and for how long."""


class Topic(NamedTuple):
    """What the brokers say of a topic.

    Attributes:
        partitions: their number.
        id: another one when the topic was deleted and made anew.
    """

    partitions: int
    id: str


class _NoMetadata(KafkaException):
    """No broker answered one request for metadata, which every broker answers whatever its topics are."""


class Brokers:
    """A client of its own for requests: on the consumer's, they would wait behind its fetch.

    Args:
        client: librdkafka settings.
    """

    def __init__(self, client: Mapping[str, Any]) -> None:
        self._bootstrap_servers = client["bootstrap.servers"]
        self._admin = AdminClient(dict(client))
        self._answered_at = time.monotonic()

    def partitions(self) -> dict[str, int]:
        """Return all topics without internal ones: name -> number of partitions.

        Raises:
            KafkaException: no broker answered.
        """
        try:
            known = self._admin.list_topics(timeout=_METADATA_SECONDS).topics
        except KafkaException as error:
            raise _NoMetadata(*error.args) from error
        self._answered_at = time.monotonic()
        return {name: len(topic.partitions) for name, topic in known.items() if not name.startswith("__")}

    def create_missing(self, topics: Mapping[str, int]) -> list[str]:
        """Create those that are missing and return their names.

        Raises:
            KafkaException: no broker answered, or one was refused.
        """
        missing = sorted(topics.keys() - self.partitions().keys())
        if missing:
            create_topics(self._admin, {name: topics[name] for name in missing}, timeout=_CREATE_SECONDS)
        return missing

    def described(self, topics: Iterable[str]) -> dict[str, Topic]:
        """Return those of these topics that exist and that this user may see.

        Raises:
            KafkaException: no broker answered, or one of them cannot be described.
        """
        names = TopicCollection(list(topics))
        try:
            answers = self._admin.describe_topics(names, request_timeout=_METADATA_SECONDS)
            found = {name: future.result() for name, future in answers.items() if _exists(future)}
        except KafkaException as error:
            if error.args[0].code() < 0:  # an error of the client itself: no broker has answered
                raise _NoMetadata(*error.args) from error
            raise
        self._answered_at = time.monotonic()
        return {name: Topic(len(each.partitions), str(each.topic_id)) for name, each in found.items()}

    def stable_ends(self, places: Iterable[Partition]) -> dict[Partition, int]:
        """Return the last stable offsets: up to them a consumer reads that reads what was committed.

        Raises:
            KafkaException: one is not known.
        """
        requested = self._request(places, IsolationLevel.READ_COMMITTED)
        return {place: _offset(future) for place, future in requested.items()}

    def ends(self, needed: Collection[Partition], others: Collection[Partition]) -> dict[Partition, int]:
        """Return the offset behind all that was published, also in a transaction that is still open.

        Args:
            needed: the partitions of which it must be known.
            others: the partitions that nothing may wait for: the last stable offset, where it is known.

        Raises:
            KafkaException: one of the needed ones is not known.
        """
        requested = self._request(needed, IsolationLevel.READ_UNCOMMITTED)
        also = self._request(others, IsolationLevel.READ_COMMITTED)
        try:
            found = {place: _offset(future) for place, future in requested.items()}
        except KafkaException:
            # A client that remembers that there is no leader sends no request until it learns of one.
            self.partitions()
            raise
        for place, future in also.items():
            with suppress(KafkaException):
                found[place] = _offset(future)
        return found

    def answered(self, request: Callable[[], T], description: str, timeout: float) -> T:
        """Repeat a request until the brokers answer it.

        The consuming thread sends them requests all the time: a request that fails is not repeated when they have
        been silent for longer than the timeout.

        Args:
            request: raises KafkaException as long as they do not answer.
            description: what is requested.
            timeout: the deadline in seconds; a request that has begun before it is still waited for.

        Raises:
            BrokersSilent: no broker answered.
            Incomplete: the request failed, although brokers answered others.
        """

        def silence() -> str:
            return f"has answered nothing for {time.monotonic() - self._answered_at:.0f} s"

        try:
            return wait_until(
                request,
                description=description,
                timeout=timeout,
                retry_on=(KafkaException,),
                abort_if=lambda: silence() if time.monotonic() - self._answered_at > timeout else None,
            )
        except AssertionError as late:
            cause = late.__cause__.args[0].str() if isinstance(late.__cause__, KafkaException) else str(late)
            broker = f"the broker at {self._bootstrap_servers}"
            if isinstance(late.__cause__, _NoMetadata):
                raise BrokersSilent(f"{broker} {silence()} ({cause})") from late
            raise Incomplete(f"{broker} does not report {description}: {cause}") from late

    def _request(self, places: Iterable[Partition], isolation: IsolationLevel) -> dict[Partition, Any]:
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        wanted = {TopicPartition(*place): latest for place in places}
        if not wanted:
            return {}
        answers = self._admin.list_offsets(wanted, isolation_level=isolation, request_timeout=_OFFSETS_SECONDS)
        return {(place.topic, place.partition): answer for place, answer in answers.items()}


def _offset(answer: Any) -> int:
    """Return an end offset. To a request that was interrupted, the client has been seen to report none as -1001."""
    offset = int(answer.result().offset)
    if offset < 0:
        raise KafkaException(KafkaError(KafkaError._NO_OFFSET))
    return offset


def _exists(described: Any) -> bool:
    error = described.exception()
    return not (isinstance(error, KafkaException) and error.args[0].code() in _UNKNOWN)
