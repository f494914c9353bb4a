"""The journal: cursors, whole lines, and what is left after its writer was killed."""

import errno
import io
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from bdd.kafka.record import Entry, Gap, Record, from_line, to_line
from bdd.recorder.journal import Journal, Removed
from tests.support.builders import SHORT_TIMEOUT, record

MEGABYTE = 1 << 20


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    with Journal(path, limit=64 * MEGABYTE) as opened, first(opened)._appending, first(opened)._reading:
        yield opened


def first(journal: Journal) -> Any:
    """Return the journal's first file, of which a test may replace something."""
    return journal._files[0]


def numbered(count: int, size: int = 0) -> list[Record]:
    return [record(b"%d " % number + b"x" * size, offset=number) for number in range(count)]


def chunks_of(journal: Journal, cursor: int = 0) -> Iterator[bytes]:
    while lines := journal.lines_after(cursor):
        cursor += lines.count(b"\n")
        yield lines


def test_lines_after_a_cursor_are_those_appended_behind_it(journal: Journal, path: Path) -> None:
    assert journal.cursor == 0
    entries: list[Entry] = [*numbered(2), Gap("patient-events", 0, 2, 4), record(b"\xff\n", key=None)]
    for part in (entries[:3], [], entries[3:]):
        journal.append(part)
    assert journal.cursor == 4
    for cursor in range(5):
        assert journal.lines_after(cursor) == b"".join(map(to_line, entries[cursor:]))
    assert [from_line(line) for line in path.read_bytes().splitlines()] == entries


def test_what_cannot_be_written_names_the_file_and_is_read_by_nobody(journal: Journal, path: Path) -> None:
    journal.append(numbered(1))
    full = OSError(errno.ENOSPC, "No space left on device")
    first(journal)._appending = Mock(write=Mock(side_effect=[10, full]), close=first(journal)._appending.close)
    with pytest.raises(OSError, match=r"No space left on device: '.*journal\.jsonl'$") as failed:
        journal.append(numbered(2))
    assert failed.value.filename == str(path)
    assert (journal.cursor, journal.lines_after(1)) == (1, b"")


def test_much_is_served_in_chunks_of_whole_lines(journal: Journal, path: Path) -> None:
    journal.append(numbered(30, size=100_000))
    chunks = list(chunks_of(journal))
    assert len(chunks) == 3
    assert all(len(chunk) <= MEGABYTE and chunk.endswith(b"\n") for chunk in chunks)
    assert b"".join(chunks) == path.read_bytes()


def test_a_record_larger_than_a_chunk_is_served_alone_and_whole(journal: Journal) -> None:
    entries = [record(b"small"), record(b"x" * (2 * MEGABYTE)), record(b"last")]
    journal.append(entries)
    assert list(chunks_of(journal)) == [*map(to_line, entries)]


def test_entries_can_be_read_once_they_are_written_completely(journal: Journal, path: Path) -> None:
    cursors = []

    class SevenBytesAtOnce(io.FileIO):
        def write(self, data: Any) -> int:
            cursors.append(journal.cursor)
            return super().write(data[:7])

    entries = numbered(2)
    with SevenBytesAtOnce(path, "a") as first(journal)._appending:
        journal.append(entries)
    assert set(cursors) == {0}
    assert journal.lines_after(0) == path.read_bytes() == b"".join(map(to_line, entries))


def test_two_readers_do_not_move_each_other(journal: Journal, path: Path) -> None:
    entries = numbered(2)
    journal.append(entries)
    both = threading.Barrier(2)

    class MeetingAfterSeek(io.FileIO):
        def seek(self, *place: int) -> int:
            found = super().seek(*place)
            with suppress(threading.BrokenBarrierError):
                both.wait(SHORT_TIMEOUT)
            return found

    with MeetingAfterSeek(path) as first(journal)._reading, ThreadPoolExecutor(2) as threads:
        read = threads.map(journal.lines_after, (0, 1))
    assert list(read) == [b"".join(map(to_line, entries)), to_line(entries[1])]


def files(path: Path) -> list[str]:
    return sorted(each.name for each in path.parent.iterdir())


def test_the_oldest_part_is_removed_when_the_limit_is_reached(path: Path) -> None:
    size = len(to_line(numbered(1, size=10_000)[0]))
    with Journal(path, limit=16 * size) as journal:  # 8 files of 2 entries
        for number in range(40):
            assert not journal.is_full
            journal.append(numbered(1, size=10_000))
            assert sum(each.stat().st_size for each in path.parent.iterdir()) <= 16 * size
            assert journal.cursor == number + 1
        assert b"".join(chunks_of(journal, 24)).count(b"\n") == 16
        with pytest.raises(
            Removed, match=r"^the journal begins at 24: what was before, also 23, made room for its limit"
        ):
            journal.lines_after(23)
    assert len(files(path)) == 8


def test_what_somebody_who_follows_has_not_read_stays(path: Path) -> None:
    with Journal(path, limit=8 * len(to_line(numbered(1)[0]))) as journal:  # a file for each entry
        with journal.follower(0) as slow_at, journal.follower(0) as quick_at:
            for number in range(12):
                journal.append(numbered(1))
                quick_at(number + 1)
                assert journal.is_full is (number >= 8)
            assert journal.lines_after(0).count(b"\n") == 1
            slow_at(3)
            assert journal.is_full
            assert len(files(path)) == 9
            slow_at(4)
            assert not journal.is_full
            with pytest.raises(Removed):
                journal.lines_after(3)
            slow_at(4)
        for _ in range(3):
            journal.append(numbered(1))
        assert len(files(path)) == 8, "nobody follows it any more"
