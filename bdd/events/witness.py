"""A witness: says for one scenario what was published, and waits for it no longer than needed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bdd.events.account import Account
from bdd.events.expectation import Expectation
from bdd.events.ledger import Journal, Ledger
from bdd.waiting import wait_until

_LOOK_FOR_TROUBLE_SECONDS = 0.1


class Recorder(Journal, Protocol):
    """What a witness needs of the recorder."""

    def wait_for_more(self, after: int, seconds: float) -> None:
        """Return when there is something after the cursor, or when the seconds have passed."""

    def fence(self) -> int:
        """Return a cursor: the journal up to it holds all that was published before this call."""


@dataclass(frozen=True)
class Witness:
    """One scenario's view of the ledger and of the recorder.

    Attributes:
        trouble: says in a line why nothing more can come (a dead process, a gap of the recorder), or None.
        surroundings: the last action and the state of the platform, a line each, for messages.
    """

    ledger: Ledger
    account: Account
    recorder: Recorder
    trouble: Callable[[], str | None]
    surroundings: Callable[[], Sequence[str]]

    def await_claims(self, expectations: Sequence[Expectation], within: float) -> None:
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
            what="the event" if len(expectations) == 1 else f"{len(expectations)} events",
            within=within,
            give_up=self.trouble,
            pause=lambda seconds: self.recorder.wait_for_more(cursor[-1], seconds),
            every=_LOOK_FOR_TROUBLE_SECONDS,
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
            what="the journal's newest entries",
            within=10,
            give_up=self.trouble,
            pause=lambda seconds: self.recorder.wait_for_more(self.recorder.cursor, seconds),
            every=_LOOK_FOR_TROUBLE_SECONDS,
        )
        return fence
