"""Makes checks in their order and keeps the result of each."""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from bdd.stacks.checks.check import Absent, Check, Failed
from bdd.system.exceptions import root_cause


class State(StrEnum):
    """The outcome of a check."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_REACHED = "not reached"
    ABSENT = "absent"


@dataclass(frozen=True)
class Result:
    """The outcome of a check, in words."""

    name: str
    state: State
    sentence: str
    next_command: str = ""


def examine(checks: Iterable[Check], on_begin: Callable[[str], None] = lambda _name: None) -> list[Result]:
    """Make the checks in their order; a check is not reached if one that it depends on has not passed.

    What depends only on something absent is left out.

    Args:
        checks: each after those that it depends on.
        on_begin: called with the name of each check that begins.
    """
    results: dict[str, Result] = {}
    absent: set[str] = set()
    for check in checks:
        needed = [name for name in check.depends_on if name not in absent]
        if check.depends_on and not needed:
            absent.add(check.name)
            continue
        missing = [name for name in needed if results[name].state is not State.PASSED]
        if missing:
            results[check.name] = Result(check.name, State.NOT_REACHED, f"needs: {', '.join(missing)}")
            continue
        on_begin(check.name)
        results[check.name] = _made(check)
        if results[check.name].state is State.ABSENT:
            absent.add(check.name)
    return list(results.values())


def _made(check: Check) -> Result:
    """Run the check in a thread, because a library's own time-out may fail."""
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
    except Absent as error:
        return Result(check.name, State.ABSENT, str(error))
    except Exception as error:  # noqa: BLE001 - one check that breaks must not cost the others
        return Result(
            check.name, State.FAILED, f"the check itself broke: {type(error).__name__}: {root_cause(error)}"
        )
