"""One Apache Kafka node as a process of the run."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Self

from bdd.stacks.embedded.jars import BrokerUnavailable
from bdd.system.processes import ChildProcess, free_ports
from bdd.system.waiting import wait_until

if TYPE_CHECKING:
    from bdd.kafka.admin import BrokerAdmin

SERVER_PROPERTIES = Path(__file__).with_name("server.properties")
DATA_FOLDER = "data"
"""The storage folder, below the working directory; `server.properties` names it too."""

JVM_OPTIONS = (
    "-Xmx256m",
    # A start-up cache only fits the garbage collector and compiler it was made with.
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Xlog:aot*=error",
    # Leave nothing in the system's folder for temporary files.
    "-XX:-UsePerfData",
    "-Djava.io.tmpdir=.",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
    # Kafka also uses Log4j's interface, which warns without a provider.
    "-Dlog4j.provider=org.apache.logging.log4j.simple.internal.SimpleProvider",
)


JAVA_ENVIRONMENT = {"LC_ALL": "C.UTF-8"}
"""Java cannot open a path with umlauts in the C locale. Where this one is not known, naming it does no harm."""


@dataclass(frozen=True)
class Distribution:
    """What is needed to start a broker.

    Attributes:
        java: the Java executable.
        jars: the class path, in order.
        template: a formatted storage folder, to be copied for each run.
        startup_cache: the JVM option that uses (or, once, makes) the start-up cache; None: start without.
    """

    java: Path
    jars: tuple[Path, ...]
    template: Path
    startup_cache: str | None = None

    def command(self, main_class: str, *arguments: str) -> list[str]:
        """Return the command that runs a class of Kafka."""
        cache = [self.startup_cache] if self.startup_cache else []
        class_path = os.pathsep.join(map(str, self.jars))
        return [str(self.java), *JVM_OPTIONS, *cache, "-cp", class_path, main_class, *arguments]


class EmbeddedBroker:
    """A Kafka node in a folder of its own, on ports of 127.0.0.1; it starts at once.

    Args:
        distribution: what is started.
        folder: the folder, with the storage and the settings of the node.
        port: the port in its settings.
    """

    def __init__(self, distribution: Distribution, folder: Path, port: int) -> None:
        self.bootstrap_servers = f"127.0.0.1:{port}"
        self.process = ChildProcess(
            "the Kafka broker",
            distribution.command("kafka.Kafka", SERVER_PROPERTIES.name),
            log=folder / "broker.log",
            env=JAVA_ENVIRONMENT,
            cwd=folder,
        )

    @classmethod
    def start(cls, distribution: Distribution, folder: Path) -> Self:
        """Start a node in the new folder `folder`, on free ports; other processes can start meanwhile."""
        shutil.copytree(distribution.template, folder / DATA_FOLDER)
        port, controller_port = free_ports(2)
        write_server_properties(folder, port, controller_port)
        return cls(distribution, folder, port)

    def wait_ready(self, timeout: float) -> None:
        """Return as soon as the broker answers a client.

        Raises:
            AssertionError: it ended, or did not answer within the timeout in seconds.
        """
        wait_until(
            self._admin.check_metadata,
            description="an answer of the Kafka broker",
            timeout=timeout,
            abort_if=self.trouble,
            interval=0.01,
        )

    def create_topics(self, topics: Mapping[str, int], timeout: float = 30.0) -> None:
        """Create topics (name -> partitions) and return when every partition can be written and read.

        The broker answers 0.1 s before that; a client that connects in between is refused and backs off.

        Raises:
            BrokerUnavailable: the broker refused a topic, or ended.
            AssertionError: a partition has no leader within so many seconds, or the broker ended.
        """
        from bdd.kafka.admin import RequestRefused  # noqa: PLC0415 - as in `_admin`

        try:
            self._admin.create_topics(topics, timeout)
        except RequestRefused as error:
            raise BrokerUnavailable(self.trouble() or str(error)) from error
        wait_until(
            lambda: self._admin.check_leaders(topics),
            description="a leader for every partition",
            timeout=timeout,
            abort_if=self.trouble,
            interval=0.01,
        )

    def trouble(self) -> str | None:
        """Return why it ended; None while it runs or after `stop` or `kill`."""
        if port := self.process.port_taken():
            return f"port {port} of 127.0.0.1 was taken by another program meanwhile: run again"
        return self.process.trouble()

    @cached_property
    def _admin(self) -> "BrokerAdmin":
        # Imported late: the JVM starts meanwhile.
        from bdd.kafka.admin import BrokerAdmin  # noqa: PLC0415

        return BrokerAdmin(self.bootstrap_servers)


def write_server_properties(folder: Path, broker_port: int, controller_port: int) -> None:
    """Write the node's settings.

    Args:
        folder: the node's folder.
        broker_port: where clients connect.
        controller_port: where the node talks to itself.
    """
    text = Template(SERVER_PROPERTIES.read_text(encoding="utf-8"))
    settings = text.substitute(broker_port=broker_port, controller_port=controller_port)
    (folder / SERVER_PROPERTIES.name).write_text(settings, encoding="utf-8")
