"""The relay: sends the events from the outbox to Kafka, each at least once and in order."""

import logging
import math
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from confluent_kafka import KafkaError, KafkaException
from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError

from reference.shared.database import Database
from reference.shared.models import OutboxEntry

BATCH = 500
# Seconds. A delivery report ends a wait for it at once; a pause follows a failure only.
LONGEST_WAIT = 0.1
PAUSE_AFTER_FAILURE = 0.5
BETWEEN_CALLBACKS = 1.0
BROKER_CHECK = 0.5

log = logging.getLogger(__name__)

DeliveryReport = Callable[[KafkaError | None, object], None]


class Producer(Protocol):
    """What the relay needs of `confluent_kafka.Producer`."""

    def produce(self, topic: str, *, key: str, value: str, on_delivery: DeliveryReport) -> None:
        """Queue a record."""

    def poll(self, timeout: float) -> int:
        """Wait for delivery reports and pass them to `on_delivery`."""

    def purge(self) -> None:
        """Drop the records that are queued or in flight."""

    def list_topics(self, *, timeout: float) -> object:
        """Request the broker's metadata."""


class OutboxRelay:
    """A thread that publishes the events in the outbox and deletes those that the broker has acknowledged.

    There must be one relay per database: two would publish everything twice.
    """

    def __init__(
        self, database: Database, topic: str, new_producer: Callable[[Callable[[KafkaError], None]], Producer]
    ) -> None:
        """Prepare the relay.

        Args:
            database: holds the outbox.
            topic: where the events go.
            new_producer: returns a producer that passes its errors to the given function.
        """
        self._database = database
        self._topic = topic
        self._new_producer = new_producer
        self._producer = new_producer(self._on_error)
        self._broker_is_away = False
        self._news = threading.Event()
        self._stop_at = math.inf
        self._thread = threading.Thread(target=self._run, name="outbox-relay", daemon=True)

    def start(self) -> None:
        """Begin to publish; the events that an earlier run has left come first."""
        self._thread.start()

    def wake(self) -> None:
        """Notify the thread that a transaction with an event has been committed."""
        self._news.set()

    def stop(self, timeout: float = 0.5) -> None:
        """End the thread. It may still publish for `timeout` seconds; other events stay in the outbox."""
        self._stop_at = time.monotonic() + timeout
        self._news.set()
        self._thread.join(timeout + 2 * LONGEST_WAIT)

    def broker_is_reachable(self) -> bool:
        """Return whether the broker returns its metadata within half a second."""
        try:
            self._producer.list_topics(timeout=BROKER_CHECK)
        except KafkaException:
            return False
        return True

    def publish_waiting(self) -> None:
        """Publish the events in the outbox, oldest first, until it is empty or the relay stops.

        Raises:
            KafkaException: the broker refused an event. That event and those not acknowledged stay in the outbox.
            SQLAlchemyError: the database did not respond.
        """
        while time.monotonic() < self._stop_at and (entries := self._oldest()):
            self._publish(entries)

    def _run(self) -> None:
        while True:
            # Cleared before the outbox is read: a commit from now on leads to another round.
            self._news.clear()
            # The same: what was in the outbox before a stop is sent.
            is_last = self._stop_at < math.inf
            pause = BETWEEN_CALLBACKS
            try:
                self.publish_waiting()
                self._producer.poll(0)
            except KafkaException as error:
                log.warning("%s: a new producer goes on from the outbox, for %s", self._topic, error.args[0].str())
                self._replace_producer()
                pause = PAUSE_AFTER_FAILURE
            except SQLAlchemyError as error:
                log.warning("the outbox cannot be read or cleared (%s); the next try follows", type(error).__name__)
                pause = PAUSE_AFTER_FAILURE
            if is_last:
                return
            self._news.wait(pause)

    def _publish(self, entries: Sequence[OutboxEntry]) -> None:
        acknowledged: list[int] = []
        refused: list[KafkaError] = []

        def on_delivery(entry: OutboxEntry, error: KafkaError | None, _message: object) -> None:
            if error is None:
                acknowledged.append(entry.id)
            else:
                refused.append(error)

        try:
            for entry in entries:
                self._producer.produce(
                    self._topic,
                    key=entry.key,
                    value=entry.value,
                    on_delivery=partial(on_delivery, entry),
                )
            while len(acknowledged) < len(entries) and not refused and time.monotonic() < self._stop_at:
                self._producer.poll(LONGEST_WAIT)
        finally:
            self._delete(acknowledged)
        if refused:
            raise KafkaException(refused[0])
        if acknowledged and self._broker_is_away:
            self._broker_is_away = False
            log.info("the broker takes events again")

    def _oldest(self) -> Sequence[OutboxEntry]:
        with self._database.reading() as session:
            return session.scalars(select(OutboxEntry).order_by(OutboxEntry.id).limit(BATCH)).all()

    def _delete(self, ids: list[int]) -> None:
        if ids:
            with self._database.writing() as session:
                session.execute(delete(OutboxEntry).where(OutboxEntry.id.in_(ids)))
                session.commit()

    def _replace_producer(self) -> None:
        # Purged, so that the old producer cannot send what the new one is going to send.
        self._producer.purge()
        self._producer = self._new_producer(self._on_error)

    def _on_error(self, error: KafkaError) -> None:
        # librdkafka recovers by itself from all errors that are not fatal, and reports each failed connection.
        if error.code() == KafkaError._ALL_BROKERS_DOWN and not self._broker_is_away:
            self._broker_is_away = True
            log.warning("no broker answers; events wait in the outbox until one does")
