"""What evidence is taken from beside the scenario itself: logs, and whatever else a stack can look into."""

from pathlib import Path
from typing import Protocol

LONGEST = 1_000_000
"""Bytes that are kept of one source: its newest part."""


class Source(Protocol):
    """Something that grows while scenarios run, and of which the part since a mark is kept."""

    def mark(self) -> float:
        """Return where it is now; called before each scenario, so it must cost next to nothing."""

    def since(self, mark: float) -> bytes:
        """Return what has come since the mark, at most the newest `LONGEST` bytes."""


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
