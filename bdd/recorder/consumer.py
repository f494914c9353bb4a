"""The recorder's consumer: reads every partition from the offset it was pinned to, and knows how far it is."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from bdd.kafka.admin import create_topics
from bdd.kafka.record import Gap, Record
from bdd.recorder.journal import Journal
from bdd.system.waiting import wait_until

_BATCH = 1000
_POLL_SECONDS = 0.1
_LOOK_FOR_TOPICS_SECONDS = 1.0
_REQUEST_SECONDS = 5.0
_TRY_AGAIN_SECONDS = 0.02
# Short, and asked again: a request that met a partition before its leader was known may never be answered.
_OFFSETS_SECONDS = 1.0

Partition = tuple[str, int]

log = logging.getLogger(__name__)


class TopicsConsumer:
    """Reads the given topics into the journal, from their end at start, without a consumer group.

    It is pinned: it asks the brokers for the end offsets and assigns exactly those, so nothing that is
    published after `ready` can be missed. A topic that appears later is read from its beginning.
    """

    def __init__(
        self, client: dict[str, str], topics: Mapping[str, int], journal: Journal, *, create_topics: bool = False
    ) -> None:
        self._topics = topics
        self._create_topics = create_topics
        self._journal = journal
        self._positions: dict[Partition, int] = {}
        self._unheard: set[Partition] = set()
        self._moved = threading.Condition()
        self._assigning = threading.Lock()
        self._on_growth: Callable[[], None] = lambda: None
        self._stopping = threading.Event()
        self.ready = threading.Event()
        # Asked over a client of their own, for on the consumer's they would wait behind its fetch.
        self._admin = AdminClient(_with_log(client))
        self._consumer = Consumer(
            {
                **_with_log(client),
                "group.id": "never-joined",  # librdkafka wants one; with assign() and no commits none is made
                "enable.auto.commit": "false",
                "enable.partition.eof": "true",
                "auto.offset.reset": "error",
            }
        )
        self._thread = threading.Thread(target=self._run, name="consumer", daemon=True)

    def start(self, on_growth: Callable[[], None]) -> None:
        """Start the consuming thread; `on_growth` is called from it whenever the journal grew."""
        self._on_growth = on_growth
        self._thread.start()

    def stop(self) -> None:
        """End the consuming thread and leave the brokers."""
        self._stopping.set()
        self._thread.join()
        self._consumer.close()

    def partitions(self) -> dict[str, int]:
        """Ask the brokers for all their topics, internal ones left out: name -> number of partitions.

        Raises:
            KafkaException: no broker answered in time.
        """
        known = self._admin.list_topics(timeout=_REQUEST_SECONDS).topics
        return {name: len(topic.partitions) for name, topic in known.items() if not name.startswith("__")}

    def fence(self, timeout: float) -> int:
        """Return a cursor: the journal up to it holds all that was published before this call.

        Raises:
            KafkaException: the brokers did not answer.
            AssertionError: the journal was not complete after `timeout` seconds.
        """

        def end_offsets() -> dict[Partition, int]:
            # Looking for partitions also refreshes what the client remembers of leaders: where it remembers that
            # there is none, it asks no broker.
            self._take_in_new_partitions()
            return self._end_offsets(list(self._positions))

        end = time.monotonic() + timeout
        ends = wait_until(end_offsets, description="the end offsets", timeout=timeout, retry_on=(KafkaException,))

        def complete() -> int:
            behind = {place: end for place, end in ends.items() if self._positions[place] < end}
            assert not behind, "not yet read up to " + ", ".join(
                f"{topic}/{partition}@{end}" for (topic, partition), end in behind.items()
            )
            return self._journal.cursor

        with self._moved:
            return wait_until(
                complete,
                description="the journal to reach the fence",
                timeout=max(0.0, round(end - time.monotonic(), 1)),
                sleep=self._moved.wait,
            )

    def _run(self) -> None:
        self._pin()
        look_again = 0.0
        while not self._stopping.is_set():
            first = self._consumer.poll(_POLL_SECONDS)
            if first is not None:
                self._take([first, *self._consumer.consume(_BATCH, timeout=0)])
            if time.monotonic() >= look_again:
                self._try_to_take_in_new_partitions()
                look_again = time.monotonic() + _LOOK_FOR_TOPICS_SECONDS

    def _pin(self) -> None:
        """Wait for the brokers, however long they take, and assign the end of every partition."""
        while not self._stopping.is_set():
            try:
                if self._create_topics and self._create_missing_topics():
                    continue  # a busy broker tells of them a little later: until it does, there is nothing to pin
                self._positions = self._end_offsets(self._existing_partitions())
                break
            except KafkaException as not_there:
                log.info("not pinned yet: %s", not_there.args[0])
                self._stopping.wait(_TRY_AGAIN_SECONDS)
        self._consumer.list_topics(timeout=_REQUEST_SECONDS)  # or its first fetch waits for a timer of a second
        self._consumer.assign([TopicPartition(*place, end) for place, end in self._positions.items()])
        self._unheard = set(self._positions)
        self._check_ready()
        log.info("pinned to the end of %d partitions", len(self._positions))

    def _create_missing_topics(self) -> bool:
        """Return whether some were missing."""
        missing = self._topics.keys() - self.partitions().keys()
        if missing:
            create_topics(self._admin, {name: self._topics[name] for name in missing}, timeout=_REQUEST_SECONDS)
            log.info("made the topics %s", ", ".join(sorted(missing)))
        return bool(missing)

    def _check_ready(self) -> None:
        """Each partition has said that its end was reached: from now on it is really being fetched."""
        if not self._unheard:
            self.ready.set()

    def _try_to_take_in_new_partitions(self) -> None:
        try:
            self._take_in_new_partitions()
        except KafkaException as not_now:
            log.info("no topic could be looked up: %s", not_now.args[0])

    def _take_in_new_partitions(self) -> None:
        with self._assigning:
            new = [place for place in self._existing_partitions() if place not in self._positions]
            if new:
                with self._moved:
                    self._positions.update(dict.fromkeys(new, 0))
                self._consumer.list_topics(timeout=_REQUEST_SECONDS)  # see _pin
                self._consumer.incremental_assign([TopicPartition(*place, OFFSET_BEGINNING) for place in new])
                log.info("taken in from the beginning: %s", new)

    def _existing_partitions(self) -> list[Partition]:
        return [
            (topic, n) for topic, count in self.partitions().items() if topic in self._topics for n in range(count)
        ]

    def _end_offsets(self, places: Iterable[Partition]) -> dict[Partition, int]:
        """The high watermark of each partition: the offset that the next record will get."""
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        wanted = {TopicPartition(*place): latest for place in places}
        if not wanted:
            return {}
        answers = self._admin.list_offsets(wanted, request_timeout=_OFFSETS_SECONDS)
        return {(place.topic, place.partition): answer.result().offset for place, answer in answers.items()}

    def _take(self, messages: Sequence[Message]) -> None:
        """Append what was read, then move the positions: whoever sees a position can read up to it."""
        received = time.time()
        moved: dict[Partition, int] = {}
        entries: list[Record | Gap] = []
        for message in messages:
            place: Partition = (str(message.topic()), message.partition() or 0)
            if (error := message.error()) is None:
                record = _record(message, received)
                entries.append(record)
                moved[place] = record.offset + 1
            elif error.code() == KafkaError._PARTITION_EOF:
                moved[place] = message.offset() or 0
            elif error.code() == KafkaError._AUTO_OFFSET_RESET:
                gap = self._step_over_gap(place)
                entries.append(gap)
                moved[place] = gap.last + 1
            else:
                log.info("librdkafka: %s", error)
        if entries:
            self._journal.append(entries)
            self._on_growth()
        with self._moved:
            self._positions.update(moved)
            self._moved.notify_all()
        if not self.ready.is_set():
            self._unheard.difference_update(moved)
            self._check_ready()

    def _step_over_gap(self, place: Partition) -> Gap:
        """The broker has deleted what comes next (retention): go on with the first that it has, and say so."""
        first = self._positions[place]
        low, _ = self._consumer.get_watermark_offsets(TopicPartition(*place), timeout=_REQUEST_SECONDS)
        self._consumer.incremental_unassign([TopicPartition(*place)])
        self._consumer.incremental_assign([TopicPartition(*place, low)])
        gap = Gap(*place, first=first, last=max(first, low - 1))
        log.warning("%s", gap)
        return gap


def _with_log(client: dict[str, str]) -> dict[str, Any]:
    return {**client, "logger": log}


def _record(message: Message, received: float) -> Record:
    return Record(
        topic=str(message.topic()),
        partition=message.partition() or 0,
        offset=message.offset() or 0,
        timestamp=message.timestamp()[1],
        received=received,
        key=_bytes(message.key()),
        headers=tuple((name, _bytes(value)) for name, value in _headers(message)),
        value=_bytes(message.value()),
    )


def _headers(message: Message) -> list[tuple[str, str | bytes | None]]:
    """The client's types allow other shapes; what it returns is a list of pairs, or None.

    It breaks down over a name that is not UTF-8, which anybody may write: such headers are left out.
    """
    try:
        return cast("list[tuple[str, str | bytes | None]] | None", message.headers()) or []
    except (SystemError, UnicodeDecodeError) as error:
        log.info("the headers of a record cannot be read: %s", error.__cause__ or error)
        return []


def _bytes(data: str | bytes | None) -> bytes | None:
    """The client's types allow text; what it returns is bytes."""
    return data.encode() if isinstance(data, str) else data
