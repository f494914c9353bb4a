"""Restarts the broker between two features: a formatter of behave requests it, the soak does it.

The suite itself is unchanged, because behave calls a formatter between two features.
"""

import os
import socket
import socketserver
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from behave.formatter.base import Formatter  # type: ignore[import-untyped]  # no types there
from behave.model import Feature

from soak.platform import Broker

_ADDRESS = "SOAK_RESTARTS_AT"
_DONE = b"done"
_SECONDS = 60.0


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
        with socket.create_connection(address, timeout=_SECONDS) as soak:
            assert soak.recv(len(_DONE)) == _DONE, f"the broker was not restarted before {feature.name}"


@contextmanager
def restarts(broker: Broker) -> Iterator[Mapping[str, str]]:
    """Restart the broker whenever a run requests it; yield the variables with which a run can request it."""

    class Requested(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            broker.restart()
            self.request.sendall(_DONE)

    with socketserver.TCPServer(("127.0.0.1", 0), Requested) as server:
        threading.Thread(target=server.serve_forever, args=(0.1,), name="restarts", daemon=True).start()
        try:
            yield {_ADDRESS: str(server.server_address[1])}
        finally:
            server.shutdown()
