"""The sources of evidence besides the scenario itself: logs, and whatever else a stack can read."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

LONGEST = 1_000_000
"""The most bytes that are kept of one source: the newest."""


class Source(Protocol):
    """Something that grows while scenarios run, such as a log."""

    def mark(self) -> float:
        """Return the present position; it is called before each scenario and must be cheap."""

    def since(self, mark: float) -> bytes:
        """Return what was added since the mark, at most the newest `LONGEST` bytes."""


class LogFile:
    """The log file of a process of this run; its marks are sizes in bytes."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def mark(self) -> float:
        """See `Source.mark`."""
        return self._path.stat().st_size if self._path.exists() else 0

    def since(self, mark: float) -> bytes:
        """See `Source.since`."""
        with self._path.open("rb") as log:
            log.seek(max(int(mark), self._path.stat().st_size - LONGEST))
            return log.read()


class CurrentState:
    """A source without history: it returns the state at the time of the call.

    Args:
        read: returns the state as text.
    """

    def __init__(self, read: Callable[[], str]) -> None:
        self._read = read

    def mark(self) -> float:
        """See `Source.mark`."""
        return 0

    def since(self, _mark: float) -> bytes:
        """See `Source.since`."""
        return self._read().encode()
