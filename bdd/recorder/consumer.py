"""The recorder's consumer: reads every partition from the offset it was pinned to, and knows how far it is."""

import logging
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from bdd.kafka.record import Gap, Record, Remade
from bdd.kafka.user import may_not_read, user_of
from bdd.recorder.brokers import Brokers, Topic
from bdd.recorder.incomplete import Incomplete, Lag, Partition, held_back, stopped
from bdd.recorder.journal import Journal
from bdd.recorder.settings import LONGEST_FENCE_SECONDS
from bdd.system.waiting import wait_until

_BATCH = 1000
_POLL_SECONDS = 0.1
_LOOK_FOR_TOPICS_SECONDS = 1.0
_REQUEST_SECONDS = 5.0
_TRY_AGAIN_SECONDS = 0.02

_CONSUMER = {
    "group.id": "never-joined",  # required by librdkafka; with assign() and without commits none is created
    "isolation.level": "read_committed",  # as an application should read: nothing of a transaction that is aborted
    "queued.max.messages.kbytes": "16384",  # a fourth of the default: what waits there is in memory
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
        self._user = user_of(client)
        self._ids: dict[str, str] = {}
        self._refused: set[str] = set()
        self._look_again = 0.0
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

    def troubles(self) -> dict[str, str]:
        """Return why nothing more is read, and what to do: topic -> sentence; the empty topic stands for all."""
        if self._failure:
            return {"": self._failure}
        refused = ((topic, *may_not_read(topic, self._user)) for topic in sorted(self._refused))
        return {topic: f"{sentence}\n    next: {command}" for topic, sentence, command in refused}

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
        needed = frozenset(topics or self._topics)
        ends = self._brokers.answered(lambda: self._ends(needed), "the end offsets", timeout)
        lag = Lag(ends, self._positions)

        def complete() -> int:
            assert not trouble()
            assert not lag.records, str(lag)
            return self._journal.cursor

        def trouble() -> str | None:
            troubles = self.troubles()
            return next((troubles[topic] for topic in ("", *sorted(needed)) if topic in troubles), None)

        with self._moved:
            try:
                return wait_until(
                    complete,
                    description="the journal to reach the fence",
                    timeout=LONGEST_FENCE_SECONDS,
                    abort_if=lambda: trouble() or (str(lag) if lag.seconds() > timeout else None),
                    sleep=self._moved.wait,
                )
            except AssertionError as error:
                raise Incomplete(trouble() or self._held_back(lag) or str(lag)) from error

    def _ends(self, needed: frozenset[str]) -> dict[Partition, int]:
        """Return the end offsets: up to them the journal must be complete; see `fence`."""
        described = self._brokers.described(self._topics)
        self._add_new_partitions(described)
        remade = self._remade(described)
        if lost := sorted(remade & needed):
            raise Incomplete(str(Remade(lost[0])))
        places = list(self._positions)  # at once: another thread may add to them
        if gone := sorted({topic for topic, _ in places} & needed - described.keys()):
            sentence = f"the topic {gone[0]} is not there any more, or {self._user} may not see it"
            raise KafkaException(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART, sentence))
        left_out = (self._refused | remade) - needed
        readable = [place for place in places if place[0] not in left_out]
        others = [place for place in readable if place[0] not in needed]
        return self._brokers.ends([place for place in readable if place[0] in needed], others)

    def _held_back(self, lag: Lag) -> str | None:
        """Return the sentence about a transaction that holds back what has not been read, None if there is none."""
        stable = self._brokers.answered(lambda: self._brokers.stable_ends(lag.places), "the end offsets", 0)
        held = (held_back(place, end) for place, end in stable.items() if self._positions.get(place, 0) >= end)
        return next(held, None)

    def _run(self) -> None:
        try:
            self._read()
        except Exception as error:
            log.exception("nothing more is read")
            with self._moved:
                self._failure = stopped(error)
                self._moved.notify_all()
            self._on_growth()

    def _read(self) -> None:
        pending = self._pin()
        while not self._stopping.is_set():
            if self._journal.is_full:  # until those who follow have read on
                self._stopping.wait(_TRY_AGAIN_SECONDS)
            elif (first := self._consumer.poll(_POLL_SECONDS)) is not None:
                pending -= self._take([first, *self._consumer.consume(_BATCH, timeout=0)])
            if not pending:  # each partition has reported its end: from now on it is really being fetched
                self.ready.set()
            if time.monotonic() >= self._look_again:
                try:
                    self._look_for_changes()
                except KafkaException as error:
                    log.info("no topic could be looked up: %s", error.args[0])
                self._look_again = time.monotonic() + _LOOK_FOR_TOPICS_SECONDS

    def _pin(self) -> set[Partition]:
        """Wait for the brokers, however long they take; assign the end of every partition and return them."""
        while not self._stopping.is_set():
            try:
                if self._create_topics and (created := self._brokers.create_missing(self._topics)):
                    log.info("created the topics %s", ", ".join(created))
                    continue  # a busy broker lists them a little later: until then there is nothing to pin
                described = self._brokers.described(self._topics)
                self._ids = {name: topic.id for name, topic in described.items()}
                self._positions = self._brokers.stable_ends(_partitions(described))
                self._consumer.list_topics(timeout=_REQUEST_SECONDS)  # or its first fetch waits for a timer of 1 s
                break
            except KafkaException as error:
                log.info("not pinned yet: %s", error.args[0])
                self._stopping.wait(_TRY_AGAIN_SECONDS)
        self._consumer.assign([TopicPartition(*place, end) for place, end in self._positions.items()])
        log.info("pinned to the end of %d partitions", len(self._positions))
        return set(self._positions)

    def _remade(self, described: Mapping[str, Topic]) -> set[str]:
        """Return those topics that were deleted and made anew."""
        return {name for name, topic in described.items() if self._ids.setdefault(name, topic.id) != topic.id}

    def _look_for_changes(self) -> None:
        """Begin again with topics that were deleted and made anew, and begin with new ones."""
        described = self._brokers.described(self._topics)
        for topic in self._remade(described):
            old = [place for place in list(self._positions) if place[0] == topic]
            with self._assigning, self._moved:
                self._consumer.incremental_unassign([TopicPartition(*place) for place in old])
                for place in old:
                    del self._positions[place]
            self._ids[topic] = described[topic].id
            log.warning("%s", Remade(topic))
            self._journal.append([Remade(topic)])
            self._on_growth()
        self._add_new_partitions(described)

    def _add_new_partitions(self, described: Mapping[str, Topic]) -> None:
        with self._assigning:
            new = [place for place in _partitions(described) if place not in self._positions]
            if new:
                with self._moved:
                    self._positions.update(dict.fromkeys(new, 0))
                self._consumer.list_topics(timeout=_REQUEST_SECONDS)  # see _pin
                self._consumer.incremental_assign([TopicPartition(*place, OFFSET_BEGINNING) for place in new])
                log.info("added from the beginning: %s", new)

    def _take(self, messages: Sequence[Any]) -> set[Partition]:
        """Append what was read, then move the positions: a reader that sees a position can read up to it.

        Args:
            messages: of the client; its types allow shapes that it never returns.

        Returns:
            The partitions that were moved, and those that may not be read.
        """
        received = time.time()
        moved: dict[Partition, int] = {}
        refused: set[Partition] = set()
        entries: list[Record | Gap] = []
        for message in messages:
            place: Partition = (message.topic(), message.partition())
            error = message.error()
            if error is None:
                entries.append(_record(message, received))
                moved[place] = message.offset() + 1
            elif error.code() == KafkaError._PARTITION_EOF:
                moved[place] = message.offset()
            elif error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED:
                refused.add(place)
            elif gap := self._gap(place, error):
                entries.append(gap)
                moved[place] = gap.last + 1
        if entries:
            self._journal.append(entries)
            self._on_growth()
        with self._moved:
            self._positions.update(moved)
            self._refused = self._refused - {topic for topic, _ in moved} | {topic for topic, _ in refused}
            self._moved.notify_all()
        if refused:
            self._on_growth()  # those who follow the journal look at the troubles
        return {*moved, *refused}

    def _gap(self, place: Partition, error: KafkaError) -> Gap | None:
        """Return the gap that an error means, None if it passes or means something else."""
        if error.code() != KafkaError._AUTO_OFFSET_RESET:
            log.info("librdkafka: %s", error)
            return None
        if place[0] in self._remade(self._brokers.described([place[0]])):
            self._look_again = 0.0
            return None
        return self._step_over_gap(place)

    def _step_over_gap(self, place: Partition) -> Gap:
        """The broker has deleted what comes next (retention): go on with the first that it has, and say so."""
        first = self._positions[place]
        low, _ = self._consumer.get_watermark_offsets(TopicPartition(*place), timeout=_REQUEST_SECONDS)
        self._consumer.incremental_unassign([TopicPartition(*place)])
        self._consumer.incremental_assign([TopicPartition(*place, low)])
        gap = Gap(*place, first=first, last=max(first, low - 1))
        log.warning("%s", gap)
        return gap


def _partitions(described: Mapping[str, Topic]) -> list[Partition]:
    return [(name, n) for name, topic in described.items() for n in range(topic.partitions)]


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
