"""The journal: the records in the order the recorder read them, in an append-only file."""

import threading
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from bdd.kafka.record import Entry, to_line

_CHUNK = 1 << 20


class Journal:
    """An append-only file of entries, one line each. A cursor is the number of entries before a place in it.

    Memory holds eight bytes an entry, however large the records are; the newest part is served from the
    operating system's page cache. One thread appends; any number of threads read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._appending = path.open("xb", buffering=0)
        self._reading = path.open("rb", buffering=0)
        self._seeking = threading.Lock()
        self._ends = array("Q", [0])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._appending.close()
        self._reading.close()

    @property
    def cursor(self) -> int:
        """The place after the newest entry."""
        return len(self._ends) - 1

    def append(self, entries: Iterable[Entry]) -> None:
        """Write the entries with one call to the operating system; they can be read when this returns.

        Raises:
            OSError: they cannot be written; it names the file, and no reader sees a part of them.
        """
        lines = [to_line(entry) for entry in entries]
        try:
            _write_all(self._appending.write, b"".join(lines))
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self._path)) from error
        end = self._ends[-1]
        for line in lines:
            end += len(line)
            self._ends.append(end)

    def lines_after(self, cursor: int) -> bytes:
        """Return whole lines after `cursor`: about a megabyte at most, and at least one where there is one."""
        begin, newest = self._ends[cursor], self.cursor
        last = min(newest, max(cursor + 1, bisect_right(self._ends, begin + _CHUNK) - 1))
        with self._seeking:
            self._reading.seek(begin)
            return self._reading.read(self._ends[last] - begin)


def _write_all(write: Callable[[bytes], int | None], data: bytes) -> None:
    """An unbuffered write may take a part only."""
    while data:
        data = data[write(data) or 0 :]
