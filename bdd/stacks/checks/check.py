"""A check that the doctor makes."""

from collections.abc import Callable
from dataclasses import dataclass

_SECONDS = 15.0


class Failed(Exception):
    """The error of a check that has not passed.

    Args:
        sentence: what is wrong; more lines may follow the first one.
        next_command: the command to type next; it shows more or corrects the error.
    """

    def __init__(self, sentence: str, next_command: str) -> None:
        super().__init__(sentence)
        self.next_command = next_command


class Absent(Exception):
    """What is to be checked does not belong to the platform, and need not; the message says why."""


@dataclass(frozen=True)
class Check:
    """One check of the doctor.

    Attributes:
        name: its name in the table and in other checks' `depends_on`.
        look: returns a sentence about what was seen, or raises `Failed` or `Absent`.
        depends_on: the checks that must have passed, since this one would only repeat their failure. Those of what
            is absent do not count, and where no other one remains, this check is left out.
        timeout: the seconds it may take. None for a check that makes something and has time limits of its own: it
            runs in the main thread, which a signal interrupts, so that the clean-up knows all that was made.
    """

    name: str
    look: Callable[[], str]
    depends_on: tuple[str, ...] = ()
    timeout: float | None = _SECONDS
