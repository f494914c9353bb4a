"""What a run does before its first hook: it loads its environment, its steps and its features.

behave prints what fails there, and writes no JUnit file.
"""

import atexit
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
    """Load the environment in the block; from then on, until the first hook, whatever ends the run is reported.

    Raises:
        SystemExit: the run was interrupted, which needs no traceback.
    """
    raise_interrupt_on_signals()
    runner = behave_internals.current_runner()
    with _reported(runner.config):
        yield
        _prepare_junit(runner.config)
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
    """Write the reason into a JUnit file; the last line has it too, after what behave prints."""
    from bdd.report.junit import junit_files  # noqa: PLC0415 - the same as below
    from bdd.report.verdict import Verdict  # noqa: PLC0415 - the same

    verdict = Verdict(junit_files(config))
    verdict.abort_reason = f"nothing was executed: {reason}"
    atexit.register(verdict.end)


def _prepare_junit(config: Any) -> None:
    from bdd.report.junit import junit_files  # noqa: PLC0415 - what takes long is loaded in the block above
    from bdd.report.junit_features import FeatureFiles  # noqa: PLC0415 - the same

    if files := junit_files(config):
        reporter = FeatureFiles(config, files, lambda: "a dry run executes nothing")
        behave_internals.replace_junit_reporter(config, reporter)
