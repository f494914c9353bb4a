"""A broker in memory, and its producers."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from confluent_kafka import KafkaError, KafkaException

from bdd.system.waiting import wait_until
from reference.shared.relay import DeliveryReport, OutboxRelay
from tests.support.builders import LONG_TIMEOUT, SHORT_TIMEOUT

Record = tuple[str, str, str]


@dataclass
class FakeBroker:
    """Takes records unless it is away; refuses the next record whose value is in `refusals`, once.

    While it is away, `attempts` counts how often a producer tried to send a record.
    """

    records: list[Record] = field(default_factory=list)
    refusals: dict[str, KafkaError] = field(default_factory=dict)
    is_away: bool = False
    attempts: int = 0
    producers: list["FakeProducer"] = field(default_factory=list)

    @property
    def values(self) -> list[str]:
        return [value for _topic, _key, value in self.records]

    def new_producer(self, on_error: Callable[[KafkaError], None]) -> "FakeProducer":
        producer = FakeProducer(self, on_error)
        self.producers.append(producer)
        return producer


def attempted(broker: FakeBroker) -> None:
    """Wait until a producer has tried to send a record to the broker that is away."""

    def met() -> None:
        assert broker.attempts, "no producer has tried to send a record"

    wait_until(met, description="an event that the broker does not take", timeout=LONG_TIMEOUT)


def end(relay: OutboxRelay) -> None:
    """Stop a relay and wait for its end: `stop` itself leaves behind a thread that is late."""
    relay.stop(timeout=SHORT_TIMEOUT)
    relay._thread.join(LONG_TIMEOUT)
    assert not relay._thread.is_alive(), "the relay has not ended"


class FakeProducer:
    """Delivers in `poll`. After one refusal it delivers nothing any more, as a gapless producer does."""

    def __init__(self, broker: FakeBroker, on_error: Callable[[KafkaError], None]) -> None:
        self.on_error = on_error
        self.purged = False
        self.fatal: KafkaError | None = None
        self._broker = broker
        self._queue: list[tuple[Record, DeliveryReport]] = []

    def produce(self, topic: str, *, key: str, value: str, on_delivery: DeliveryReport) -> None:
        if self.fatal:
            raise KafkaException(self.fatal)
        self._queue.append(((topic, key, value), on_delivery))

    def poll(self, timeout: float) -> int:
        self._broker.attempts += bool(self._broker.is_away and self._queue)
        if self._broker.is_away or self.fatal or not self._queue:
            threading.Event().wait(min(timeout, 0.01))
            return 0
        record, on_delivery = self._queue.pop(0)
        self.fatal = self._broker.refusals.pop(record[2], None)
        if self.fatal is None:
            self._broker.records.append(record)
        on_delivery(self.fatal, None)
        return 1

    def purge(self) -> None:
        self.purged = True
        self._queue.clear()

    def list_topics(self, *, timeout: float) -> object:
        if self._broker.is_away:
            raise KafkaException(KafkaError(KafkaError._TRANSPORT))
        return object()
