"""The platform of the soak: a broker for all runs of a condition, a service for each round."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from bdd.contracts import asyncapi as contract
from bdd.stacks.embedded.broker import SERVER_PROPERTIES, Distribution, EmbeddedBroker
from bdd.stacks.embedded.service import EmbeddedService, database_url
from bdd.system.processes import ChildProcess
from reference.patient_service.database import open_database

IDS_OF_A_RUN = 100_000
_START_SECONDS = 60.0
_QUICK_RESTART = "broker.session.timeout.ms=1000\nbroker.heartbeat.interval.ms=250\n"


class Broker:
    """An embedded broker that can be killed and started again on the same port and data."""

    def __init__(self, distribution: Distribution, folder: Path) -> None:
        self._distribution = distribution
        self._folder = folder
        self._broker = EmbeddedBroker.start(distribution, folder)
        self.bootstrap_servers = self._broker.bootstrap_servers

    def wait_ready(self) -> None:
        """Create the contract's topics on the new broker."""
        self._broker.wait_ready(_START_SECONDS)
        self._broker.create_topics(contract.current().partitions)
        # Otherwise a killed broker cannot register again for 9 s.
        with (self._folder / SERVER_PROPERTIES.name).open("a", encoding="utf-8") as properties:
            properties.write(_QUICK_RESTART)

    def restart(self) -> None:
        """Kill it, start it again and return when it responds; clients may still be reconnecting."""
        self._broker.process.kill()
        command = self._distribution.command("kafka.Kafka", SERVER_PROPERTIES.name)
        log = self._folder / "broker.log"
        process = ChildProcess("the Kafka broker", command, log=log, cwd=self._folder)
        self._broker = EmbeddedBroker(process, self.bootstrap_servers)
        self._broker.wait_ready(_START_SECONDS)

    def kill(self) -> None:
        """End it."""
        self._broker.process.kill()


@contextmanager
def running_broker(distribution: Distribution, folder: Path) -> Iterator[Broker]:
    """Run a broker with the topics of the contract."""
    broker = Broker(distribution, folder)
    try:
        broker.wait_ready()
        yield broker
    finally:
        broker.kill()


@contextmanager
def running_service(folder: Path, bootstrap_servers: str, number: int, nature: Mapping[str, str]) -> Iterator[str]:
    """Run a service and yield its address.

    Args:
        folder: where its database and its log are.
        bootstrap_servers: where it publishes.
        number: different for each service of a broker: its patients' ids begin after number * IDS_OF_A_RUN.
        nature: variables for `soak.service`.
    """
    give_ids_from(database_url(folder), number * IDS_OF_A_RUN)
    service = EmbeddedService(folder, bootstrap_servers, "soak.service", environment=nature)
    try:
        service.wait_ready(_START_SECONDS)
        yield service.url
    finally:
        service.process.kill()


def give_ids_from(database: str, last: int) -> None:
    """Make a new database whose first patient gets the id after `last`."""
    open_database(database).close()
    with closing(sqlite3.connect(database.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('patients', ?)", [last])
