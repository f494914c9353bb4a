"""An account: the part of the ledger that belongs to one scenario."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bdd.api.exchange import Exchange
from bdd.verdict.event import Event
from bdd.verdict.expectation import Expectation

_TYPES = {"POST": "patient.created", "PUT": "patient.updated", "DELETE": "patient.deleted"}


@dataclass(frozen=True)
class Request:
    """A request of a scenario: what is published from then on may be its doing.

    Attributes:
        step: the step that sent it, in its own words.
        after: the journal's cursor when it was sent.
        exchange: the request itself and its answer.
    """

    step: str
    after: int
    exchange: Exchange


@dataclass(frozen=True)
class NegativeExpectation:
    """A scenario's word that from a place of the journal on nothing was published; it holds until the run ends.

    Attributes:
        step: the step that looked, in its own words.
        after: the journal's cursor from which it holds.
        event_type: the type of which no other event must come, None for any.
    """

    step: str
    after: int
    event_type: str | None = None

    def covers(self, event_type: str, cursor: int) -> bool:
        """Tell whether an event of this type at this place breaks the word."""
        return cursor >= self.after and self.event_type in {None, event_type}


@dataclass(eq=False)
class ScenarioLog:
    """What one scenario did and expects.

    Attributes:
        scenario: its name.
        location: its file and line.
        mark: a text that is in all of its test data and nowhere else, by which its events are known.
        keys: the ids of its patients, as text; also of those that must not exist.
        requests: its requests and the service's answers, oldest first.
        failed: it has failed already, and its evidence says why: the audit does not repeat it.
    """

    scenario: str
    location: str
    mark: str
    keys: set[str] = field(default_factory=set)
    expectations: list[Expectation] = field(default_factory=list)
    negative_expectations: list[NegativeExpectation] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    failed: bool = False

    def open(self, event_type: str | None = None) -> list[Expectation]:
        """The expectations of this type (None: of any) that no event has fulfilled yet, oldest first."""
        return [each for each in self.expectations if each.claim is None and event_type in {None, each.event_type}]

    def claims(self, key: str | None = None) -> list[Event]:
        """The events that fulfilled expectations, in the order of the actions; of one patient or of all."""
        return [each.claim for each in self.expectations if each.claim and key in {None, each.key}]

    def cause(self, event_type: str, cursor: int) -> str:
        """Return the step that most likely caused an event: the last one before it whose request asks for such."""
        before = [each for each in self.requests if each.after <= cursor]
        asking = [each for each in before if _TYPES.get(each.exchange.method) == event_type]
        return next((each.step for each in reversed(asking or before)), "")


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
