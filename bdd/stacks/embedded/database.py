"""The databases of the reference services: a lock on their files keeps them from every change."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from bdd.domain.outage import DatabaseSwitch

_SECONDS = 10.0


class LockedDatabases(DatabaseSwitch):
    """SQLite files that are locked: whoever changes something waits for the lock until its own time-out.

    Args:
        files: the files.
    """

    def __init__(self, files: Iterable[Path]) -> None:
        super().__init__()
        self._files = list(files)
        self._locks: list[sqlite3.Connection] = []

    def _take_away(self) -> None:
        for file in self._files:
            lock = sqlite3.connect(file, timeout=_SECONDS, isolation_level=None, check_same_thread=False)
            self._locks.append(lock)
            try:
                lock.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                raise AssertionError(f"{file.name} could not be locked: {error}") from error

    def _bring_back(self) -> None:
        while self._locks:
            self._locks.pop().close()  # what it has begun is rolled back
