"""A scenario log: the part of the ledger that belongs to one scenario."""

import itertools
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from bdd.api.exchange import Exchange
from bdd.contracts.asyncapi import Subject
from bdd.contracts.event import Event
from bdd.verdict.expectation import Expectation

IN_ORDER = "publish a {noun}'s events one after the other with its id as key, as its changes were committed"
"""What to do about a broken order."""


@dataclass(frozen=True)
class Request:
    """A request of a scenario, which may have caused what was published after it.

    Attributes:
        step: the step that sent it, in its own words.
        after: the journal's cursor when it was sent.
        exchange: the request itself and its response.
        publishes: the types of the events that such a request can publish.
        noun: what it is about: `patient`.
    """

    step: str
    after: int
    exchange: Exchange
    publishes: Collection[str] = ()
    noun: str = ""


@dataclass(frozen=True)
class NegativeExpectation:
    """From a cursor of the journal on, no unexpected event is published; this must hold until the run ends.

    Attributes:
        step: the step that checked it, in its own words.
        after: the journal's cursor from which it holds.
        event_type: the type of which no event must come, None for any.
    """

    step: str
    after: int
    event_type: str | None = None

    def covers(self, event_type: str, cursor: int) -> bool:
        """Return whether an event of this type at this cursor violates it."""
        return cursor >= self.after and self.event_type in {None, event_type}


@dataclass(eq=False)
class ScenarioLog:
    """What one scenario did and expects.

    Attributes:
        scenario: its name.
        location: its file and line.
        mark: a text that is in all of its test data and nowhere else; its events are recognized by it.
        subjects: whom it is about, including those that must not exist.
        requests: its requests and the service's responses, oldest first.
        fences: when it requested each fence (seconds since 1970 UTC), and how long it was waited for, in seconds.
        failed: it has failed, and its evidence says why: the audit does not report it again.
    """

    scenario: str
    location: str
    mark: str
    subjects: set[Subject] = field(default_factory=set)
    expectations: list[Expectation] = field(default_factory=list)
    negative_expectations: list[NegativeExpectation] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    fences: list[tuple[float, float]] = field(default_factory=list)
    failed: bool = False

    def open(self, event_type: str | None = None) -> list[Expectation]:
        """Return the expectations of this type (None: of any) that no event has fulfilled yet, oldest first."""
        return [each for each in self.expectations if each.claim is None and event_type in {None, each.event_type}]

    def claims(self) -> list[Event]:
        """Return the events that fulfilled expectations, in the order of the actions."""
        return [each.claim for each in self.expectations if each.claim]

    def expect_no_more(self, step: str, after: int, event_type: str | None = None) -> None:
        """Note that no further event may come.

        Args:
            step: the step that checks it, in its own words.
            after: the journal's cursor from which it holds.
            event_type: the type of which no event must come, None for any.
        """
        self.negative_expectations.append(NegativeExpectation(step, after, event_type))

    def cause(self, event_type: str, cursor: int) -> Request | None:
        """Return the request that most likely caused an event.

        That is the last one before it that can publish such a type, or else the last one before it.
        """
        before = [each for each in self.requests if each.after <= cursor]
        likely = [each for each in before if event_type in each.publishes]
        return next(reversed(likely or before), None)

    def misplaced(self) -> Iterator[tuple[Expectation, str]]:
        """Yield each expectation whose event does not follow that of the change before it, and where it is."""
        of_each: dict[Subject, list[tuple[Expectation, Event]]] = {}
        for each in self.expectations:
            if each.claim:
                of_each.setdefault(each.subject, []).append((each, each.claim))
        for _, claimed in sorted(of_each.items()):
            for (_, earlier), (expectation, later) in itertools.pairwise(claimed):
                if earlier.record.partition != later.record.partition:
                    yield expectation, f"{later} is in another partition than {earlier}, whose change came first"
                elif later.record.offset < earlier.record.offset:
                    yield expectation, f"{later} lies before {earlier}, whose change came first"


class Marks:
    """Makes the marks of a run's scenarios and finds them in what was recorded."""

    def __init__(self, run_id: str) -> None:
        self._numbers = itertools.count(1)
        self._run = f"bdd{run_id}x"
        self._pattern = re.compile(re.escape(self._run).encode() + rb"\d+z")

    def next(self) -> str:
        """Return a mark that no scenario has: letters and digits, so that it fits into any text field."""
        return f"{self._run}{next(self._numbers)}z"

    def find(self, value: bytes) -> Iterator[str]:
        """Yield the marks in a text or in a record's value, in UTF-8."""
        if self._run.encode() in value:
            yield from (found.decode() for found in self._pattern.findall(value))
