"""The journal: cursors, whole lines, and what is left after its writer was killed."""

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bdd.kafka.record import Entry, Gap, Record, from_line, to_line
from bdd.recorder.journal import Journal
from tests.support.builders import LONG_TIMEOUT, record

MEGABYTE = 1 << 20


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    with Journal(path) as opened:
        yield opened


@pytest.fixture
def switching_often() -> Iterator[None]:
    """Let threads take turns often enough that one that does not wait for the other is seen."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def numbered(count: int, size: int = 0) -> list[Record]:
    return [record(b"%d " % number + b"x" * size, offset=number) for number in range(count)]


def chunks_of(journal: Journal, cursor: int = 0) -> Iterator[bytes]:
    while lines := journal.lines_after(cursor):
        cursor += lines.count(b"\n")
        yield lines


def test_a_cursor_is_the_number_of_entries_before_a_place(journal: Journal) -> None:
    assert journal.cursor == 0
    journal.append(numbered(3))
    journal.append([])
    journal.append([Gap("patient-events", 0, 3, 9)])
    assert journal.cursor == 4


@pytest.mark.parametrize("cursor", range(4))
def test_lines_after_a_cursor_are_those_appended_behind_it(journal: Journal, cursor: int) -> None:
    entries = numbered(3)
    journal.append(entries)
    assert journal.lines_after(cursor) == b"".join(map(to_line, entries[cursor:]))


def test_much_is_served_in_chunks_of_whole_lines(journal: Journal, path: Path) -> None:
    entries = numbered(30, size=100_000)
    journal.append(entries)
    chunks = list(chunks_of(journal))
    assert len(chunks) == 3
    assert all(len(chunk) <= MEGABYTE and chunk.endswith(b"\n") for chunk in chunks)
    assert b"".join(chunks) == path.read_bytes()


def test_a_record_larger_than_a_chunk_is_served_alone_and_whole(journal: Journal) -> None:
    small, large, last = record(b"small"), record(b"x" * (2 * MEGABYTE)), record(b"last")
    journal.append([small, large, last])
    chunks = list(chunks_of(journal))
    assert [[from_line(line) for line in chunk.splitlines()] for chunk in chunks] == [[small], [large], [last]]


def test_a_journal_is_read_back_as_it_was_written(journal: Journal, path: Path) -> None:
    entries: list[Entry] = [*numbered(2), Gap("patient-events", 0, 2, 4), record(b"\xff\n", key=None)]
    journal.append(entries)
    assert [from_line(line) for line in path.read_bytes().splitlines()] == entries


@pytest.mark.usefixtures("switching_often")
def test_two_readers_follow_while_one_thread_appends(journal: Journal) -> None:
    entries = numbered(2000, size=40)
    started = threading.Barrier(3, timeout=LONG_TIMEOUT)

    def append() -> None:
        started.wait()
        for begin in range(0, len(entries), 7):
            journal.append(entries[begin : begin + 7])

    def follow() -> bytes:
        started.wait()
        read = b""
        while (cursor := read.count(b"\n")) < len(entries) and not (appending.done() and appending.exception()):
            read += journal.lines_after(cursor)
        return read

    with ThreadPoolExecutor(3) as threads:
        appending = threads.submit(append)
        readers = [threads.submit(follow) for _ in range(2)]
    assert {reader.result() for reader in readers} == {b"".join(map(to_line, entries))}


@pytest.mark.usefixtures("switching_often")
def test_two_readers_do_not_move_each_other(journal: Journal) -> None:
    entries = numbered(300)
    journal.append(entries)

    def read(cursors: range) -> set[bool]:
        return {journal.lines_after(cursor).startswith(to_line(entries[cursor])) for cursor in cursors}

    with ThreadPoolExecutor(2) as threads:
        results = list(threads.map(read, [range(300), range(299, -1, -1)]))
    assert results == [{True}, {True}]
