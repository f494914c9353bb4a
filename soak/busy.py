"""Keeps every core busy."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bdd.system.processes import ChildProcess

# It also ends by itself: after 15 minutes, or when the soak has ended.
_BURN = """
import os, time
parent, end = os.getppid(), time.monotonic() + 900
while os.getppid() == parent and time.monotonic() < end:
    sum(range(100_000))
"""


@contextmanager
def busy_cores(_broker: object) -> Iterator[None]:
    """Keep each core busy with a process of its own during the block."""
    with ExitStack() as stack:
        for _ in range(os.cpu_count() or 1):
            command = [sys.executable, "-c", _BURN]
            stack.callback(ChildProcess("a busy process", command, log=Path(os.devnull)).kill)
        yield
