"""Restarts the broker between two features: behave asks for it by a formatter, the soak does it.

Behave calls a formatter between two features wherever the suite comes from: the suite itself knows nothing of it.
"""

import os
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from behave.formatter.base import Formatter  # type: ignore[import-untyped]  # no types there
from behave.model import Feature

_ADDRESS = "SOAK_RESTARTS_AT"
_DONE = b"done"
_SECONDS = 60.0


class BetweenFeatures(Formatter):  # type: ignore[misc]
    """A formatter for `behave -f`: prints nothing, returns from each feature's beginning when a restart is over."""

    name = "soak.restarting"
    description = "asks the soak to restart the broker before each feature but the first"
    _is_first = True

    def feature(self, feature: Feature) -> None:
        """Ask for a restart and wait for it.

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
def restarts(restart: Callable[[], None]) -> Iterator[Mapping[str, str]]:
    """Call `restart` whenever a run asks for it; lend the variables that the run needs for asking."""

    class Asked(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            restart()
            self.request.sendall(_DONE)

    with socketserver.TCPServer(("127.0.0.1", 0), Asked) as server:
        threading.Thread(target=server.serve_forever, args=(0.1,), name="restarts", daemon=True).start()
        try:
            yield {_ADDRESS: str(server.server_address[1])}
        finally:
            server.shutdown()
