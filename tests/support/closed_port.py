"""A port where nobody listens, and nobody can begin to."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def closed_port() -> Iterator[int]:
    """Keep a port of 127.0.0.1 bound without listening: connections are refused, and no other program gets it."""
    with socket.socket() as kept:
        kept.bind(("127.0.0.1", 0))
        yield kept.getsockname()[1]
