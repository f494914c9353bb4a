"""An account: the part of the ledger that belongs to one scenario."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bdd.api.client import Exchange
from bdd.events.event import Event
from bdd.events.expectation import Expectation


@dataclass(frozen=True)
class Absence:
    """A scenario's word that after an action nothing was published; it holds until the run ends.

    Attributes:
        step: the step that looked, in its own words.
        after: the journal's cursor when the action began.
        event_type: the type that must not come, None for any event.
    """

    step: str
    after: int
    event_type: str | None = None

    def covers(self, event_type: str, cursor: int) -> bool:
        """Tell whether an event of this type at this place breaks the word."""
        return cursor >= self.after and self.event_type in {None, event_type}


@dataclass(eq=False)
class Account:
    """What one scenario did and expects.

    Attributes:
        scenario: its name.
        location: its file and line.
        mark: a text that is in all of its test data and nowhere else, by which its events are known.
        keys: the ids of its patients, as text; also of those that must not exist.
        exchanges: its requests and the service's answers, oldest first.
        failed: it has failed already, and its evidence says why: the audit does not repeat it.
    """

    scenario: str
    location: str
    mark: str
    keys: set[str] = field(default_factory=set)
    expectations: list[Expectation] = field(default_factory=list)
    absences: list[Absence] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    failed: bool = False

    def open(self, event_type: str) -> list[Expectation]:
        """The expectations of this type that no event has fulfilled yet, oldest first."""
        return [each for each in self.expectations if each.claim is None and each.event_type == event_type]

    def claims(self, key: str | None = None) -> list[Event]:
        """The events that fulfilled expectations, in the order of the actions; of one patient or of all."""
        return [each.claim for each in self.expectations if each.claim and key in {None, each.key}]


class Marks:
    """Hands out the marks of a run's scenarios and finds them again in what was recorded."""

    def __init__(self, run_id: str) -> None:
        self._numbers = itertools.count(1)
        self._run = f"bdd{run_id}x"
        self._pattern = re.compile(re.escape(self._run).encode() + rb"\d+z")

    def next(self) -> str:
        """Return a mark that no scenario has: letters and digits, so that it fits into any text field."""
        return f"{self._run}{next(self._numbers)}z"

    def find(self, value: bytes) -> Iterator[str]:
        """Yield the marks in a record's value."""
        if self._run.encode() in value:
            yield from (found.decode() for found in self._pattern.findall(value))
