"""Somebody else's transactions on the topics that the suite reads."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import cycle

from confluent_kafka import Producer

from bdd.contracts import asyncapi as contract
from bdd.domain.resources import needed_topics, services
from bdd.stacks.embedded.broker import EmbeddedBroker
from soak.repeating import again_and_again

OPEN_SECONDS = 1.5
_TICK_SECONDS = 0.5
_SECONDS = 30.0
_HELD_SECONDS = 600.0
_LONGEST_MILLISECONDS = 900_000  # a broker allows no more by default
_FOREIGN_RECORD = b'{"eventType": "billing.noted"}'


@contextmanager
def open_transactions(broker: EmbeddedBroker) -> Iterator[None]:
    """Keep transactions open during the block: on the resources' topics one after the other, each for a moment.

    Every other one of these is aborted. On the other topics one is open all the time.
    """
    partitions, needed = contract.current().partitions, needed_topics(services())
    topics = {topic: count for topic, count in partitions.items() if topic in needed}
    others = {topic: count for topic, count in partitions.items() if topic not in needed}
    producer, held = _transactional(broker, "soak"), _transactional(broker, "soak-held")
    ends = cycle([Producer.commit_transaction, Producer.abort_transaction])

    def a_transaction() -> None:
        _begin(producer, topics)
        threading.Event().wait(OPEN_SECONDS)
        next(ends)(producer, _SECONDS)

    def another_one() -> None:
        held.abort_transaction(_SECONDS)
        _begin(held, others)

    _begin(held, others)
    with again_and_again(a_transaction, _TICK_SECONDS), again_and_again(another_one, _HELD_SECONDS):
        yield
    held.abort_transaction(_SECONDS)


def _transactional(broker: EmbeddedBroker, name: str) -> Producer:
    settings = {"bootstrap.servers": broker.bootstrap_servers, "transactional.id": name, "log_level": 0}
    producer = Producer({**settings, "transaction.timeout.ms": _LONGEST_MILLISECONDS})
    producer.init_transactions(_SECONDS)
    return producer


def _begin(producer: Producer, topics: Mapping[str, int]) -> None:
    """Begin a transaction with a record in each partition, and return when the broker has them."""
    producer.begin_transaction()
    for topic, count in topics.items():
        for partition in range(count):
            producer.produce(topic, _FOREIGN_RECORD, partition=partition)
    left = producer.flush(_SECONDS)
    assert left == 0, f"the broker did not take {left} records of a transaction within {_SECONDS:g} s"
