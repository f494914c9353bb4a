"""The journal: the records in the order the recorder read them, in append-only files."""

import threading
from array import array
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from bdd.kafka.record import Entry, to_line

_CHUNK = 1 << 20
_FILES = 8
"""A file takes at most this part of the journal's limit, or what is read at once: it is removed as a whole."""


class Removed(Exception):
    """What is requested has been removed, so that the journal stays below its limit; the message says so."""


class Journal:
    """Append-only files of entries, one line each. A cursor is the number of entries before a place in them.

    Together they stay below a limit, if who appends waits while they are full: the oldest file is removed when all
    who follow have read it. Memory holds eight bytes an entry, however large the records are; the newest part is
    served from the operating system's page cache. One thread appends; any number of threads read.

    Args:
        path: the first file; the next ones have a number in their names.
        limit: how many bytes they may have together.
    """

    def __init__(self, path: Path, limit: int) -> None:
        self._path = path
        self._limit = limit
        self._lock = threading.Lock()
        self._followers: dict[object, int] = {}
        self._number = 0
        self._files = deque([_File(path, 0)])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for file in self._files:
            file.close()

    @property
    def cursor(self) -> int:
        """The place after the newest entry."""
        return self._files[-1].end

    @property
    def is_full(self) -> bool:
        """Whether the limit is reached, and somebody who follows has not read the oldest file yet."""
        return self._make_room(0) > self._limit and not self._is_read(self._files[0])

    def append(self, entries: Iterable[Entry]) -> None:
        """Write the entries with one call to the operating system; they can be read when this returns.

        Raises:
            OSError: they cannot be written; it names the file, and no reader sees a part of them.
        """
        lines = [to_line(entry) for entry in entries]
        size = sum(map(len, lines))
        if 0 < self._files[-1].size > self._limit // _FILES - size:
            self._number += 1
            self._files.append(_File(self._path.with_suffix(f".{self._number}.jsonl"), self.cursor))
        self._make_room(size)
        self._files[-1].append(lines)

    def lines_after(self, cursor: int) -> bytes:
        """Return whole lines after `cursor`: about a megabyte at most, and at least one where there is one.

        Raises:
            Removed: they are not in the journal any more.
        """
        with self._lock:
            if cursor < (begin := self._files[0].begin):
                limit = f"its limit of {self._limit >> 20} MB"
                raise Removed(
                    f"the journal begins at {begin}: what was before, also {cursor}, made room for {limit}"
                )
            # The files are few; all but the newest are complete.
            file = next(each for each in reversed(self._files) if each.begin <= cursor)
            return file.lines_after(cursor)

    @contextmanager
    def follower(self, cursor: int) -> Iterator[Callable[[int], None]]:
        """Keep what is behind the cursor during the block; it yields what moves the cursor on."""
        me = object()

        def move(to: int) -> None:
            with self._lock:
                self._followers[me] = to

        move(cursor)
        try:
            yield move
        finally:
            with self._lock:
                del self._followers[me]

    def _make_room(self, size: int) -> int:
        """Remove what was read until there is room for so many bytes; return how many are there."""
        used = sum(file.size for file in self._files)
        while used + size > self._limit and len(self._files) > 1 and self._is_read(self._files[0]):
            with self._lock:
                oldest = self._files.popleft()
            used -= oldest.size
            oldest.remove()
        return used

    def _is_read(self, file: "_File") -> bool:
        with self._lock:
            return min(self._followers.values(), default=self.cursor) >= file.end


class _File:
    """One of the journal's files.

    Attributes:
        begin: the cursor of its first entry.
    """

    def __init__(self, path: Path, begin: int) -> None:
        self.begin = begin
        self._path = path
        self._appending = path.open("xb", buffering=0)
        self._reading = path.open("rb", buffering=0)
        self._ends = array("Q", [0])

    @property
    def end(self) -> int:
        """The cursor behind its last entry."""
        return self.begin + len(self._ends) - 1

    @property
    def size(self) -> int:
        """Its bytes."""
        return self._ends[-1]

    def append(self, lines: list[bytes]) -> None:
        try:
            _write_all(self._appending.write, b"".join(lines))
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(self._path)) from error
        end = self._ends[-1]
        for line in lines:
            end += len(line)
            self._ends.append(end)

    def lines_after(self, cursor: int) -> bytes:
        index = cursor - self.begin
        begin, newest = self._ends[index], len(self._ends) - 1
        last = min(newest, max(index + 1, bisect_right(self._ends, begin + _CHUNK) - 1))
        self._reading.seek(begin)
        return self._reading.read(self._ends[last] - begin)

    def close(self) -> None:
        self._appending.close()
        self._reading.close()

    def remove(self) -> None:
        self.close()
        self._path.unlink()


def _write_all(write: Callable[[bytes], int | None], data: bytes) -> None:
    """An unbuffered write may take a part only."""
    while data:
        data = data[write(data) or 0 :]
