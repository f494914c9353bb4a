"""The recorder's consumer: reads every partition from the offset it was pinned to, and knows how far it is."""

import logging
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from bdd.kafka.record import Gap, Record
from bdd.recorder.brokers import Brokers, Incomplete, Partition
from bdd.recorder.journal import Journal
from bdd.recorder.settings import LONGEST_FENCE_SECONDS
from bdd.system.waiting import wait_until

_BATCH = 1000
_POLL_SECONDS = 0.1
_LOOK_FOR_TOPICS_SECONDS = 1.0
_REQUEST_SECONDS = 5.0
_TRY_AGAIN_SECONDS = 0.02
_WHOSE = (
    "next: kafka-transactions.sh --bootstrap-server … describe-producers --topic {} --partition {}   "
    "# whose is it?\n    the broker aborts it when the producer's transaction.timeout.ms has passed"
)
_WHY_SLOW = "next: see whether the broker throttles this client by a quota, and whether this machine is overloaded"

_CONSUMER = {
    "group.id": "never-joined",  # required by librdkafka; with assign() and without commits none is created
    "isolation.level": "read_committed",  # as an application should read: nothing of a transaction that is aborted
    "enable.auto.commit": "false",
    "enable.partition.eof": "true",
    "auto.offset.reset": "error",
}

log = logging.getLogger(__name__)


class TopicsConsumer:
    """Reads the given topics into the journal, from their end at start, without a consumer group.

    It is pinned: it requests the end offsets and assigns exactly those, so nothing that is
    published after `ready` can be missed. A topic that appears later is read from its beginning.

    Args:
        client: librdkafka settings.
        topics: the topics to read: name -> number of partitions.
        journal: where the records are appended.
        on_growth: called from the consuming thread whenever the journal has grown.
        create_topics: whether to create the topics that are missing.
    """

    def __init__(
        self,
        client: dict[str, str],
        topics: Mapping[str, int],
        journal: Journal,
        *,
        on_growth: Callable[[], None],
        create_topics: bool,
    ) -> None:
        self._topics = topics
        self._create_topics = create_topics
        self._journal = journal
        self._on_growth = on_growth
        self._positions: dict[Partition, int] = {}
        self._moved = threading.Condition()
        self._assigning = threading.Lock()
        self._stopping = threading.Event()
        self.ready = threading.Event()
        common: dict[str, Any] = {**client, "logger": log}
        self._brokers = Brokers(common)
        self._consumer = Consumer(common | _CONSUMER)
        self._failure: str | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Start the consuming thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the consuming thread and leave the brokers."""
        self._stopping.set()
        self._thread.join()
        self._consumer.close()

    def trouble(self) -> str | None:
        """Return why nothing more is read, and what to do; None while it is."""
        return self._failure

    def partitions(self, timeout: float) -> dict[str, int]:
        """Ask the brokers for all their topics, internal ones left out: name -> number of partitions.

        Raises:
            BrokersSilent: no broker answered within `timeout` seconds, although each request was repeated.
        """
        return self._brokers.answered(self._brokers.partitions, "the topics", timeout)

    def fence(self, timeout: float, topics: Collection[str] = ()) -> int:
        """Return a cursor: the journal up to it holds all that was published before this call.

        Args:
            timeout: for how many seconds the brokers may be silent, and the consumer may read nothing.
            topics: those of which nothing may be missing; none: all. In others, what an open transaction holds
                back is not waited for.

        Raises:
            BrokersSilent: no broker answered within `timeout` seconds, although each request was repeated.
            Incomplete: the consumer has stopped, or has read nothing for `timeout` seconds although it is behind;
                or the end offsets are not known.
        """

        def end_offsets() -> dict[Partition, int]:
            # Looking for partitions also refreshes what the client remembers of leaders: where it remembers that
            # there is none, it requests nothing.
            self._add_new_partitions()
            needed = [place for place in self._positions if not topics or place[0] in topics]
            return self._brokers.ends(needed, [place for place in self._positions if place not in needed])

        ends = self._brokers.answered(end_offsets, "the end offsets", timeout)
        lag = Lag(ends, self._positions)

        def complete() -> int:
            assert not lag.records, str(lag)
            return self._journal.cursor

        with self._moved:
            try:
                return wait_until(
                    complete,
                    description="the journal to reach the fence",
                    timeout=LONGEST_FENCE_SECONDS,
                    abort_if=lambda: self._failure or (str(lag) if lag.seconds() > timeout else None),
                    sleep=self._moved.wait,
                )
            except AssertionError as error:
                raise Incomplete(self._failure or self._why_behind(lag)) from error

    def _why_behind(self, lag: "Lag") -> str:
        stable = self._brokers.answered(lambda: self._brokers.stable_ends(lag.places), "the end offsets", 0)
        held = [(place, end) for place, end in stable.items() if self._positions[place] >= end]
        if not held:
            return f"{lag}\n    {_WHY_SLOW}"
        (topic, partition), offset = held[0]
        return (
            f"an open transaction on {topic}/{partition} holds back what was published from offset {offset} on: "
            f"its producer has neither committed nor aborted it\n    {_WHOSE.format(topic, partition)}"
        )

    def _run(self) -> None:
        try:
            self._read()
        except Exception as error:
            log.exception("nothing more is read")
            with self._moved:
                self._failure = _why_it_stopped(error)
                self._moved.notify_all()
            self._on_growth()

    def _read(self) -> None:
        pending = self._pin()
        look_again = 0.0
        while not self._stopping.is_set():
            first = self._consumer.poll(_POLL_SECONDS)
            if first is not None:
                pending -= self._take([first, *self._consumer.consume(_BATCH, timeout=0)])
            if not pending:  # each partition has reported its end: from now on it is really being fetched
                self.ready.set()
            if time.monotonic() >= look_again:
                try:
                    self._add_new_partitions()
                except KafkaException as error:
                    log.info("no topic could be looked up: %s", error.args[0])
                look_again = time.monotonic() + _LOOK_FOR_TOPICS_SECONDS

    def _pin(self) -> set[Partition]:
        """Wait for the brokers, however long they take; assign the end of every partition and return them."""
        while not self._stopping.is_set():
            try:
                if self._create_topics and (created := self._brokers.create_missing(self._topics)):
                    log.info("created the topics %s", ", ".join(created))
                    continue  # a busy broker lists them a little later: until then there is nothing to pin
                self._positions = self._brokers.stable_ends(self._existing_partitions())
                self._consumer.list_topics(timeout=_REQUEST_SECONDS)  # or its first fetch waits for a timer of 1 s
                break
            except KafkaException as error:
                log.info("not pinned yet: %s", error.args[0])
                self._stopping.wait(_TRY_AGAIN_SECONDS)
        self._consumer.assign([TopicPartition(*place, end) for place, end in self._positions.items()])
        log.info("pinned to the end of %d partitions", len(self._positions))
        return set(self._positions)

    def _add_new_partitions(self) -> None:
        existing = self._existing_partitions()  # first: nobody else shall wait for brokers that do not answer
        with self._assigning:
            new = [place for place in existing if place not in self._positions]
            if new:
                with self._moved:
                    self._positions.update(dict.fromkeys(new, 0))
                self._consumer.list_topics(timeout=_REQUEST_SECONDS)  # see _pin
                self._consumer.incremental_assign([TopicPartition(*place, OFFSET_BEGINNING) for place in new])
                log.info("added from the beginning: %s", new)

    def _existing_partitions(self) -> list[Partition]:
        return [
            (topic, n)
            for topic, count in self._brokers.partitions().items()
            if topic in self._topics
            for n in range(count)
        ]

    def _take(self, messages: Sequence[Any]) -> set[Partition]:
        """Append what was read, then move the positions: a reader that sees a position can read up to it.

        Args:
            messages: of the client; its types allow shapes that it never returns.

        Returns:
            The partitions that were moved.
        """
        received = time.time()
        moved: dict[Partition, int] = {}
        entries: list[Record | Gap] = []
        for message in messages:
            place: Partition = (message.topic(), message.partition())
            if (error := message.error()) is None:
                entries.append(_record(message, received))
                moved[place] = message.offset() + 1
            elif error.code() == KafkaError._PARTITION_EOF:
                moved[place] = message.offset()
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
        return set(moved)

    def _step_over_gap(self, place: Partition) -> Gap:
        """The broker has deleted what comes next (retention): go on with the first that it has, and say so."""
        first = self._positions[place]
        low, _ = self._consumer.get_watermark_offsets(TopicPartition(*place), timeout=_REQUEST_SECONDS)
        self._consumer.incremental_unassign([TopicPartition(*place)])
        self._consumer.incremental_assign([TopicPartition(*place, low)])
        gap = Gap(*place, first=first, last=max(first, low - 1))
        log.warning("%s", gap)
        return gap


class Lag:
    """How far the positions of a consumer are behind the end offsets of a moment.

    Args:
        ends: the end offsets.
        positions: the positions, which move.
    """

    def __init__(self, ends: Mapping[Partition, int], positions: Mapping[Partition, int]) -> None:
        self._ends = ends
        self._positions = positions
        self._least = self.records
        self._since = time.monotonic()

    @property
    def records(self) -> int:
        """How many records have not been read yet; markers of transactions are counted too."""
        return sum(max(0, end - self._positions[place]) for place, end in self._ends.items())

    @property
    def places(self) -> list[Partition]:
        """The partitions of which something has not been read."""
        return [place for place, end in self._ends.items() if self._positions[place] < end]

    def seconds(self) -> float:
        """Return for how long nothing of it has been read."""
        if (now := self.records) < self._least:
            self._least, self._since = now, time.monotonic()
        return time.monotonic() - self._since

    def __str__(self) -> str:
        """The lag in words."""
        places = ", ".join(
            f"{place[0]}/{place[1]} is read up to {self._positions[place]} of {self._ends[place]}"
            for place in self.places
        )
        count = self.records
        return f"the recorder is {count} record{'' if count == 1 else 's'} behind: {places}"


def _why_it_stopped(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename:
        return (
            f"the recorder cannot write {error.filename}: {error.strerror}\n"
            "    next: make room there; TMPDIR=… names another folder for what a run needs while it lasts"
        )
    return f"the recorder has stopped reading: {error}\n    next: see its log"


def _record(message: Any, received: float) -> Record:
    return Record(
        topic=message.topic(),
        partition=message.partition(),
        offset=message.offset(),
        timestamp=message.timestamp()[1],
        received=received,
        key=message.key(),
        headers=_headers(message),
        value=message.value(),
    )


def _headers(message: Any) -> tuple[tuple[str, bytes | None], ...]:
    """The client fails on a name that is not UTF-8, which anybody may write: such headers are left out."""
    try:
        return tuple(message.headers() or ())
    except (SystemError, UnicodeDecodeError) as error:
        log.info("the headers of a record cannot be read: %s", error.__cause__ or error)
        return ()
