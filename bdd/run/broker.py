"""A broker for many runs of the suite: for the proof and the soak."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from bdd.contracts import asyncapi as contract
from bdd.stacks.embedded.broker import Distribution, EmbeddedBroker

START_SECONDS = 120.0
"""A guard: no start takes so long, on however busy a machine."""
_Broker = TypeVar("_Broker", bound=EmbeddedBroker)


@contextmanager
def running_broker(distribution: Distribution, folder: Path) -> Iterator[EmbeddedBroker]:
    """Run a broker with the topics of the contract.

    Raises:
        BrokerUnavailable: it refused a topic.
        AssertionError: it did not start.
    """
    with having_topics(EmbeddedBroker.start(distribution, folder)) as broker:
        yield broker


@contextmanager
def having_topics(broker: _Broker) -> Iterator[_Broker]:
    """Create the topics of the contract as soon as a broker is ready; end the broker afterwards.

    Raises:
        BrokerUnavailable: it refused a topic.
        AssertionError: it did not start.
    """
    try:
        broker.wait_ready(START_SECONDS)
        broker.create_topics(contract.current().partitions)
        yield broker
    finally:
        broker.process.kill()
