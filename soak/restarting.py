"""Restarts the broker between two features: a formatter of behave requests it, the soak does it.

The suite itself is unchanged, because behave calls a formatter between two features.
"""

import os
import socket
import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import psutil
from behave.formatter.base import Formatter  # type: ignore[import-untyped]  # no types there
from behave.model import Feature

from bdd.run.broker import START_SECONDS
from bdd.stacks.embedded.broker import JAVA_ENVIRONMENT, SERVER_PROPERTIES, EmbeddedBroker
from bdd.system.processes import ChildProcess

_ADDRESS = "SOAK_RESTARTS_AT"
_DONE = b"done"
_QUICK_RESTART = "broker.session.timeout.ms=1000\nbroker.heartbeat.interval.ms=250\n"


class BetweenFeatures(Formatter):  # type: ignore[misc]
    """A formatter for `behave -f` that prints nothing; a feature begins when the restart is over."""

    name = "soak.restarting"
    description = "requests a restart of the broker before each feature except the first"
    _is_first = True

    def feature(self, feature: Feature) -> None:
        """Request a restart and wait for it.

        Raises:
            AssertionError: the restart failed.
        """
        if self._is_first:
            self._is_first = False
            return
        address = ("127.0.0.1", int(os.environ[_ADDRESS]))
        with socket.create_connection(address, timeout=START_SECONDS) as soak:
            assert soak.recv(len(_DONE)) == _DONE, f"the broker was not restarted before {feature.name}"


@contextmanager
def restarts(broker: EmbeddedBroker) -> Iterator[Mapping[str, str]]:
    """Restart the broker whenever a run requests it; yield the variables with which a run can request it."""

    class Requested(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            restart(broker)
            self.request.sendall(_DONE)

    # Otherwise a killed broker cannot register again for 9 s.
    properties = broker.process.log.with_name(SERVER_PROPERTIES.name)
    properties.write_text(properties.read_text(encoding="utf-8") + _QUICK_RESTART, encoding="utf-8")
    with socketserver.TCPServer(("127.0.0.1", 0), Requested) as server:
        threading.Thread(target=server.serve_forever, args=(0.1,), name="restarts", daemon=True).start()
        try:
            yield {_ADDRESS: str(server.server_address[1])}
        finally:
            server.shutdown()


def restart(broker: EmbeddedBroker) -> None:
    """Kill a broker, start it again on its port and data, and return when it responds to a new client."""
    command, log = psutil.Process(broker.process.pid).cmdline(), broker.process.log
    broker.process.kill()
    broker.process = ChildProcess("the Kafka broker", command, log=log, env=JAVA_ENVIRONMENT, cwd=log.parent)
    broker.wait_ready(START_SECONDS)
