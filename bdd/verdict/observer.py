"""An observer: waits for one scenario for what is published, no longer than needed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bdd.contracts.event import Event
from bdd.kafka.record import Record
from bdd.system.waiting import WaitAborted, wait_until
from bdd.verdict.expectation import Expectation
from bdd.verdict.ledger import Journal, Ledger
from bdd.verdict.scenario_log import ScenarioLog

_LOOK_FOR_TROUBLE_SECONDS = 0.1


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
        """Wait until an event has fulfilled each expectation, the deadline passed, or nothing more can come.

        Args:
            expected: the expectations, oldest first; the ledger notes the events that fulfil them.
            timeout: the deadline, in seconds.
        """
        newest = 0

        def all_claimed() -> None:
            nonlocal newest
            newest = self.recorder.cursor
            missing = [each for each in expected if each.claim is None and not self.ledger.claim(each, newest)]
            assert not missing, f"{len(missing)} of {len(expected)} missing"

        ended = ""
        try:
            wait_until(
                all_claimed,
                description=f"{len(expected)} events",
                timeout=timeout,
                abort_if=self.trouble,
                sleep=lambda seconds: self.recorder.wait_for_more(newest, seconds),
                interval=_LOOK_FOR_TROUBLE_SECONDS,
            )
        except WaitAborted:
            ended = self.trouble() or ""
        except AssertionError:
            ended = f"{timeout:g} s were waited"
        after = min((each.after for each in expected), default=0)
        return Observation(self, after, newest, ended)

    def await_fence(self, after: int) -> "Observation":
        """Wait until everything that was published before this call has arrived here.

        Args:
            after: the cursor from which the observation shall begin.

        Raises:
            AssertionError: the recorder's stream is broken.
        """
        fence = self.recorder.fence()

        def arrived() -> None:
            assert self.recorder.cursor >= fence, f"{fence - self.recorder.cursor} entries are on their way"

        wait_until(
            arrived,
            description="the journal's newest entries",
            timeout=10,
            abort_if=self.trouble,
            sleep=lambda seconds: self.recorder.wait_for_more(self.recorder.cursor, seconds),
            interval=_LOOK_FOR_TROUBLE_SECONDS,
        )
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
        return [each for each in ledger.events(self.after, self.before) if ledger.owner(each.record) is own_log]

    def unexpected(self, event_type: str | None = None) -> list[tuple[int, Record]]:
        """Return the scenario's records (of a type) that fulfilled no expectation, with their cursors."""
        found = self.observer.ledger.unclaimed(self.observer.scenario_log, self.after, self.before)
        name = f'"{event_type}"'.encode()
        return [each for each in found if event_type is None or name in (each[1].value or b"")]
