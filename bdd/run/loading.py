"""What a run does before its first hook: it loads its environment, its steps and its features.

behave prints what fails there, and writes no JUnit file.
"""

import atexit
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from traceback import extract_tb
from typing import Any

from bdd.system import behave_internals
from bdd.system.paths import ROOT
from bdd.system.signals import raise_interrupt_on_signals

_SURROUNDINGS = {Path(__file__).name, Path(str(behave_internals.__file__)).name}


@contextmanager
def loading() -> Iterator[None]:
    """Load the environment in the block. Whatever ends the run from then on, until the first hook, is reported.

    Raises:
        SystemExit: the run was interrupted, which needs no traceback.
    """
    raise_interrupt_on_signals()
    runner = behave_internals.current_runner()
    with _reported(runner.config):
        yield
        behave_internals.remove_junit_reporter(runner.config)
        behave_internals.surround_loading(runner, lambda: _reported(runner.config))


def first_line_filled(error: Exception) -> str:
    """Return the message of a failed assertion so that it begins with the first line, which alone many tools show.

    PyHamcrest's message begins with an empty line; an assertion without a message is named by its code.
    """
    if message := str(error).lstrip("\r\n"):
        return message
    *_, frame = extract_tb(error.__traceback__)
    return f"{frame.line or 'an assertion'} ({Path(frame.filename).name}, line {frame.lineno})"


@contextmanager
def _reported(config: Any) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        _report(config, "the run was interrupted while it started")
        raise SystemExit(1) from None
    except Exception as error:
        _report(config, f"{type(error).__name__}: {error}{_place(error)}")
        raise


def _place(error: Exception) -> str:
    """Return where an error was raised, if a module of the suite raised it: behave's messages name the place."""
    for frame in reversed(extract_tb(error.__traceback__)):
        file = Path(frame.filename).resolve()
        if file.is_file() and file.is_relative_to(ROOT) and not {"site-packages", *_SURROUNDINGS} & {*file.parts}:
            return f" ({file.relative_to(ROOT)}, line {frame.lineno})"
    return ""


def _report(config: Any, reason: str) -> None:
    """Write the reason into the JUnit file; the last line has it too, after what behave prints."""
    # The environment loads these modules, and it may be the environment that failed.
    from bdd.report.verdict import Verdict  # noqa: PLC0415 - see above
    from bdd.results.junit import write_junit  # noqa: PLC0415 - the same
    from bdd.results.model import FORMAT, End, Head, Run  # noqa: PLC0415 - the same
    from bdd.run.selection import junit_file, selection_of  # noqa: PLC0415 - the same

    verdict = Verdict()
    verdict.abort_reason = f"nothing was executed: {reason}"
    atexit.register(verdict.end)
    if file := junit_file(config):
        now = time.time()
        head = Head(id=time.strftime("%Y%m%d-%H%M%S"), began=now, selection=selection_of(config))
        end = End(ended=now, green=False, sentence=str(verdict), abort_reason=verdict.abort_reason, judged=False)
        write_junit(file, Run(format=FORMAT, run=head, scenarios=(), end=end))
