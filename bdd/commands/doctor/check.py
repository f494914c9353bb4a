"""A check, what comes of it, and the order in which checks are made."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from bdd.system.exceptions import root_cause

_SECONDS = 15.0


class Failed(Exception):
    """Something is not as it should be.

    Args:
        sentence: what is wrong; more lines may follow the first one.
        next_command: what to type next; it looks closer, or corrects it.
    """

    def __init__(self, sentence: str, next_command: str) -> None:
        super().__init__(sentence)
        self.next_command = next_command


@dataclass(frozen=True)
class Check:
    """One thing to look at.

    Attributes:
        name: for the table; other checks depend on it by this name.
        look: returns a sentence about what is as it should be, or raises `Failed`.
        depends_on: checks that must have passed, or this one would only repeat their failure.
        timeout: seconds it may take. None: it makes something, and has limits of its own; it is then made in the
            main thread, which a signal interrupts, so that whoever removes things does not miss one that is
            just being made.
    """

    name: str
    look: Callable[[], str]
    depends_on: tuple[str, ...] = ()
    timeout: float | None = _SECONDS


class State(StrEnum):
    """What came of a check."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_REACHED = "not reached"


@dataclass(frozen=True)
class Result:
    """What came of a check, in words."""

    name: str
    state: State
    sentence: str
    next_command: str = ""


def examine(checks: Iterable[Check], on_begin: Callable[[str], None] = lambda _name: None) -> list[Result]:
    """Make the checks in their order; a check whose predecessor has not passed is not reached.

    Args:
        checks: each after those that it depends on.
        on_begin: called with the name of a check that begins.
    """
    results: dict[str, Result] = {}
    for check in checks:
        missing = [name for name in check.depends_on if results[name].state is not State.PASSED]
        if missing:
            results[check.name] = Result(check.name, State.NOT_REACHED, f"needs: {', '.join(missing)}")
            continue
        on_begin(check.name)
        results[check.name] = _made(check)
    return list(results.values())


def _made(check: Check) -> Result:
    """Look in a thread: no library's own time-out is sure to hold, and a doctor that hangs tells nothing."""
    if check.timeout is None:
        return _looked(check)
    results: list[Result] = []
    began = time.monotonic()
    thread = threading.Thread(target=lambda: results.append(_looked(check)), name=check.name, daemon=True)
    thread.start()
    thread.join(check.timeout)
    if results:
        return results[0]
    sentence = f"there was no answer within {time.monotonic() - began:.0f} s"
    return Result(check.name, State.FAILED, sentence, "python -m bdd doctor  # again; then see what keeps it busy")


def _looked(check: Check) -> Result:
    try:
        return Result(check.name, State.PASSED, check.look())
    except Failed as error:
        return Result(check.name, State.FAILED, str(error), error.next_command)
    except Exception as error:  # noqa: BLE001 - one check that breaks must not cost the others
        return Result(
            check.name, State.FAILED, f"the check itself broke: {type(error).__name__}: {root_cause(error)}"
        )
