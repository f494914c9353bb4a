"""A witness: says for one scenario what was published, and waits for it no longer than needed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bdd.system.waiting import wait_until
from bdd.verdict.expectation import Expectation
from bdd.verdict.ledger import Journal, Ledger
from bdd.verdict.scenario_log import ScenarioLog

_LOOK_FOR_TROUBLE_SECONDS = 0.1


class Recorder(Journal, Protocol):
    """What a witness needs of the recorder."""

    def wait_for_more(self, after: int, seconds: float) -> None:
        """Return when there is something after the cursor, or when the seconds have passed."""

    def fence(self) -> int:
        """Return a cursor: the journal up to it holds all that was published before this call."""


@dataclass(frozen=True)
class Observer:
    """One scenario's view of the ledger and of the recorder.

    Attributes:
        trouble: says in a line why nothing more can come (a dead process, a gap of the recorder), or None.
        platform: the state of the platform in a line, for messages.
    """

    ledger: Ledger
    scenario_log: ScenarioLog
    recorder: Recorder
    trouble: Callable[[], str | None]
    platform: Callable[[], str]

    def surroundings(self, request: str = "") -> list[str]:
        """Return the lines that end a message: a request (the scenario's last one), and the platform's state."""
        last = [str(each.exchange) for each in self.scenario_log.requests[-1:]]
        told = [f"request:  {each}" for each in ([request] if request else last)]
        return [*told, f"platform: {self.platform()}"]

    def await_claims(self, expectations: Sequence[Expectation], timeout: float) -> None:
        """Return as soon as an event has been claimed for each expectation.

        Raises:
            AssertionError: the deadline (in seconds) passed, or nothing more can come; the message says which.
        """

        def all_claimed() -> None:
            cursor.append(newest := self.recorder.cursor)
            missing = [each for each in expectations if each.claim is None and not self.ledger.claim(each, newest)]
            assert not missing, f"{len(missing)} of {len(expectations)} missing"

        cursor = [0]
        wait_until(
            all_claimed,
            description="the event" if len(expectations) == 1 else f"{len(expectations)} events",
            timeout=timeout,
            abort_if=self.trouble,
            sleep=lambda seconds: self.recorder.wait_for_more(cursor[-1], seconds),
            interval=_LOOK_FOR_TROUBLE_SECONDS,
        )

    def read_up_to_now(self) -> int:
        """Take a fence and return its cursor once everything before it has arrived here.

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
        return fence
