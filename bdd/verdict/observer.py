"""An observer: waits for one scenario for what is published, no longer than needed."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bdd.contracts.event import Event, NotAnEvent
from bdd.kafka.record import Record
from bdd.system.waiting import WaitAborted, wait_until
from bdd.verdict.expectation import Expectation
from bdd.verdict.ledger import Journal, Ledger, Search
from bdd.verdict.scenario_log import ScenarioLog

_LOOK_FOR_TROUBLE_SECONDS = 0.1
_NEWEST_SECONDS = 60.0  # among much foreign traffic; a stream that is broken is trouble much earlier


class Recorder(Journal, Protocol):
    """What an observer needs of the recorder."""

    def wait_for_more(self, after: int, seconds: float) -> None:
        """Return when there is something after the cursor, or when the seconds have passed."""

    def fence(self) -> int:
        """Return a cursor: the journal up to it holds all that was published before this call."""


@dataclass(frozen=True)
class Observer:
    """One scenario's view of the ledger and of the recorder.

    Attributes:
        trouble: returns one line on why nothing more can come (a dead process, a gap of the recorder), or None.
        platform: returns the state of the platform in one line, for messages.
    """

    ledger: Ledger
    scenario_log: ScenarioLog
    recorder: Recorder
    trouble: Callable[[], str | None]
    platform: Callable[[], str]

    def surroundings(self, request: str = "") -> list[str]:
        """Return the lines that end a message: a request (default: the last one), and the platform's state."""
        last = [str(each.exchange) for each in self.scenario_log.requests[-1:]]
        requests = [f"request:  {each}" for each in ([request] if request else last)]
        return [*requests, f"platform: {self.platform()}"]

    def await_events(self, expected: Sequence[Expectation], timeout: float) -> "Observation":
        """Wait until an event has fulfilled each expectation, the deadline passed, or nothing more can change that.

        The wait ends early at a fence behind an event of the scenario that fulfils no expectation: the scenario is
        red whatever comes later. It is short where events of this type were waited for in vain before.

        Args:
            expected: the expectations, oldest first; the ledger notes the events that fulfil them.
            timeout: the deadline, in seconds.
        """
        search = Search(self.ledger, expected)
        patience = self.ledger.patience.seconds(expected, timeout)
        newest, fence = 0, None

        def decided(cursor: int) -> None:
            nonlocal newest, fence
            newest = cursor
            others = search.look(newest)
            if fence is None and search.missing and any(map(self._is_wrong, others)):
                fence = self.recorder.fence()
            is_behind = fence is not None and newest >= fence
            assert is_behind or not search.missing, f"{search.missing} of {len(expected)} missing"

        ended = "an event had come that is not the expected one, and nothing more behind it"
        try:
            self._wait_for(decided, f"{len(expected)} events", patience.seconds)
        except WaitAborted:
            ended = self.trouble() or ""
        except AssertionError:
            # A recorder that lags behind is waited for: what was published in time is not missing.
            newest = self.await_fence(0).before if timeout else newest
            search.look(newest)
            self.ledger.patience.note_vain(expected, timeout)
            ended = str(patience)
        after = min((each.after for each in expected), default=0)
        return Observation(self, after, newest, ended if search.missing else "")

    def _is_wrong(self, record: Record) -> bool:
        """Whether it belongs to the scenario and fulfils no expectation, so that the audit would find it."""
        if self.ledger.owner(record) is not self.scenario_log:
            return False
        event = self.ledger.event(record)
        if isinstance(event, NotAnEvent):
            return True
        if self.ledger.original(self.scenario_log, event):
            return False  # that says nothing of another one
        return not self.ledger.is_expected(self.scenario_log, event)

    def _wait_for(self, condition: Callable[[int], None], description: str, timeout: float) -> None:
        """Wait until a condition on the journal's cursor holds; see `wait_until`."""
        looked_to = 0

        def look() -> None:
            nonlocal looked_to
            looked_to = self.recorder.cursor
            condition(looked_to)

        wait_until(
            look,
            description=description,
            timeout=timeout,
            abort_if=self.trouble,
            sleep=lambda seconds: self.recorder.wait_for_more(looked_to, seconds),
            interval=_LOOK_FOR_TROUBLE_SECONDS,
        )

    def await_fence(self, after: int) -> "Observation":
        """Wait until everything that was published before this call has arrived here.

        Args:
            after: the cursor from which the observation shall begin.

        Raises:
            AssertionError: the recorder's stream is broken.
        """
        began = time.time()
        fence = self.recorder.fence()

        def arrived(cursor: int) -> None:
            assert cursor >= fence, f"{fence - cursor} entries are on their way"

        self._wait_for(arrived, "the journal's newest entries", timeout=_NEWEST_SECONDS)
        self.scenario_log.fences.append((began, time.time() - began))
        return Observation(self, after, fence)


@dataclass(frozen=True)
class Observation:
    """What was recorded for a scenario when a wait ended. Later records do not change it.

    Attributes:
        observer: the scenario's.
        after: the cursor where it begins.
        before: the cursor where it ends.
        ended: why the wait ended without all expected events, empty when they came.
    """

    observer: Observer
    after: int
    before: int
    ended: str = ""

    def __repr__(self) -> str:
        """The cursors, without the records' data: PyHamcrest prints it."""
        return f"<records {self.after} to {self.before} of the journal>"

    @property
    def events(self) -> list[Event]:
        """The scenario's records that are events, expected or not, oldest first."""
        ledger, own_log = self.observer.ledger, self.observer.scenario_log
        return ledger.own_events(own_log, self.after, self.before)

    def unexpected(self, event_type: str | None = None) -> list[tuple[int, Record]]:
        """Return the scenario's records (of a type) that fulfilled no expectation, with their cursors."""
        found = self.observer.ledger.unclaimed(self.observer.scenario_log, self.after, self.before)
        name = f'"{event_type}"'.encode()
        return [each for each in found if event_type is None or name in (each[1].value or b"")]
