"""Foreign traffic: the suite's memory holds the newest foreign records only, and of others what they are about."""

import threading
from collections import deque
from typing import Protocol

from bdd.contracts.asyncapi import Subject
from bdd.contracts.event import read_event
from bdd.contracts.event_schemas import EventSchemas
from bdd.kafka.record import Record
from bdd.verdict.ledger import Ledger

MOST_EXAMPLES = 100
LARGEST_EXAMPLE = 10_000
"""Of the records that violate the contract, so many of at most so many bytes are kept whole, for the evidence."""
_KEPT_BYTES = 16 << 20
_MOST_SUBJECTS = 20_000


class Mirror(Protocol):
    """What is needed of the recorder's client."""

    def replace(self, cursor: int, record: Record) -> None:
        """Put another record in the place of the one at a cursor."""

    def load(self, cursor: int) -> Record:
        """Return the record at a cursor, with all that it holds."""


class ForeignTraffic:
    """Lets go of what foreign records hold, the oldest first, once there is much of it.

    What the contract says of a record is looked at before. A record that turns out to be the run's own later, since
    a response that names its id came after it, is loaded from the recorder again.

    Args:
        ledger: the run's; it says which records are foreign.
        mirror: the recorder's client.
        schemas: those of the contract.
        kept_bytes: how much of the newest foreign records is kept.
    """

    def __init__(
        self, ledger: Ledger, mirror: Mirror, schemas: EventSchemas, kept_bytes: int = _KEPT_BYTES
    ) -> None:
        self._ledger = ledger
        self._mirror = mirror
        self._schemas = schemas
        self._kept_bytes = kept_bytes
        self._recent: deque[tuple[int, Record]] = deque()
        self._bytes = 0
        self._examples = 0
        self._lock = threading.Lock()
        self._cursors: dict[Subject, list[int]] = {}
        ledger.on_watch = self._load

    def arrived(self, cursor: int, record: Record) -> None:
        """Take note of a record that has arrived at a cursor. All calls come from one thread."""
        if self._ledger.owner(record):
            return
        self._recent.append((cursor, record))
        self._bytes += _size(record)
        while self._bytes > self._kept_bytes:
            oldest = self._recent.popleft()
            self._bytes -= _size(oldest[1])
            self._let_go(*oldest)

    def _let_go(self, cursor: int, record: Record) -> None:
        invalid = bool(self._schemas.violations(read_event(record)))
        if invalid and self._examples < MOST_EXAMPLES and _size(record) <= LARGEST_EXAMPLE:
            self._examples += 1
            return
        outline = self._ledger.outline(record, invalid=invalid)
        with self._lock:
            if self._ledger.owner(record):  # a response has named it meanwhile
                return
            self._mirror.replace(cursor, outline)
            for subject in outline.subjects:
                self._cursors.setdefault(Subject(*subject), []).append(cursor)
            while len(self._cursors) > _MOST_SUBJECTS:
                del self._cursors[next(iter(self._cursors))]  # an id is named within seconds, or never

    def _load(self, subject: Subject) -> None:
        """Load the records about somebody who belongs to the run from now on."""
        with self._lock:
            cursors = self._cursors.pop(subject, ())
        for cursor in cursors:
            self._mirror.replace(cursor, self._mirror.load(cursor))


def _size(record: Record) -> int:
    return len(record.value or b"") + sum(len(value or b"") for _, value in record.headers)
