"""A broker for many runs of the suite: for the proof and the soak."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bdd.contracts import asyncapi as contract
from bdd.stacks.embedded.broker import Distribution, EmbeddedBroker

START_SECONDS = 60.0


@contextmanager
def running_broker(distribution: Distribution, folder: Path) -> Iterator[EmbeddedBroker]:
    """Run a broker with the topics of the contract.

    Raises:
        BrokerUnavailable: it refused a topic.
        AssertionError: it did not start.
    """
    broker = EmbeddedBroker.start(distribution, folder)
    try:
        broker.wait_ready(START_SECONDS)
        broker.create_topics(contract.current().partitions)
        yield broker
    finally:
        broker.process.kill()
