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
_FOREIGN_RECORD = b'{"eventType": "billing.noted"}'


@contextmanager
def open_transactions(broker: EmbeddedBroker) -> Iterator[None]:
    """Open one transaction after the other during the block, each for a moment; every other one is aborted."""
    partitions = contract.current().partitions
    topics = {topic: partitions[topic] for topic in needed_topics(services())}
    producer, ends = _transactional(broker), cycle([Producer.commit_transaction, Producer.abort_transaction])

    def a_transaction() -> None:
        _begin(producer, topics)
        threading.Event().wait(OPEN_SECONDS)
        next(ends)(producer, _SECONDS)

    with again_and_again(a_transaction, _TICK_SECONDS):
        yield


def _transactional(broker: EmbeddedBroker) -> Producer:
    settings = {"bootstrap.servers": broker.bootstrap_servers, "transactional.id": "soak", "log_level": 0}
    producer = Producer(settings)
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
