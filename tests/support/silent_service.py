"""A service that keeps or closes its connections as it likes, and never says so."""

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

from tests.support.builders import LONG_TIMEOUT

_RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]"


class SilentService:
    """Answers `[]` to each request without a body.

    Attributes:
        url: its address.
        requests: for each connection that has been closed, by whichever side, its number of requests.
    """

    def __init__(self, listener: socket.socket, linger: float | None) -> None:
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.requests: list[int] = []
        self._linger = linger

    def serve(self, connection: socket.socket) -> None:
        """Respond on a connection until it is closed."""
        requests = 0
        with connection, suppress(ConnectionResetError):
            connection.settimeout(LONG_TIMEOUT)
            received = b""
            while part := connection.recv(65536):
                received += part
                if received.endswith(b"\r\n\r\n"):
                    requests, received = requests + 1, b""
                    connection.sendall(_RESPONSE)
                    if self._linger is not None:
                        threading.Event().wait(self._linger)
                        break
        self.requests.append(requests)


@contextmanager
def silent_service(linger: float | None) -> Iterator[SilentService]:
    """Run a service until the block ends, by when its clients must have closed their connections.

    Args:
        linger: the seconds from its response until it closes a connection; None leaves that to the client.
    """
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener, ThreadPoolExecutor(64) as pool:
        service = SilentService(listener, linger)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    pool.submit(service.serve, listener.accept()[0])

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield service
        finally:
            listener.shutdown(socket.SHUT_RDWR)  # wakes the thread; closing alone does not
            accepting.join()
