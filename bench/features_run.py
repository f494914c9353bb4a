"""One run of the features for `bench results`, in a process of its own: `python -m bench.features_run KIND FILE …`.

KIND is `with` or `without` results, what the results took is written into FILE, the other arguments are behave's.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from behave.__main__ import main

from bdd.results.model import Head
from bdd.run import hooks
from bdd.run.results import RunResults
from bdd.run.session import Session

WITH, WITHOUT = "with", "without"
_WORK = ("__init__", "begin", "begin_scenario", "begin_step", "end_scenario", "end")
_taken = [0.0, 0.0]


class _NoResults:
    """In the place of a run's results: it writes nothing, and notes nothing."""

    def __init__(self, *_: object) -> None:
        pass

    def noting(self, clean_up: Callable[[], None]) -> Callable[[], None]:
        return clean_up

    def __getattr__(self, _: str) -> Callable[..., None]:
        return lambda *_: None


def leave_out_results() -> None:
    """Let the runs of this process write no results, and find out nothing that only results hold."""
    _replace(hooks, "RunResults", _NoResults)
    _replace(hooks, "head_of", lambda run_id, began, *_, **__: Head(id=run_id, began=began))
    _replace(Session, "identify", lambda _, head: head)


def measure_results() -> None:
    """Let the runs of this process note how long their results take."""
    for owner, name in [(hooks, "head_of"), (Session, "identify"), *((RunResults, name) for name in _WORK)]:
        _replace(owner, name, _noted(getattr(owner, name)))


def _replace(owner: object, name: str, by: object) -> None:
    setattr(owner, name, by)


def _noted(work: Callable[..., Any]) -> Callable[..., Any]:
    def noted(*args: Any, **kwargs: Any) -> Any:
        clock, processor = time.perf_counter(), time.thread_time()
        try:
            return work(*args, **kwargs)
        finally:
            _taken[0] += time.perf_counter() - clock
            _taken[1] += time.thread_time() - processor

    return noted


if __name__ == "__main__":
    kind, file, *arguments = sys.argv[1:]
    {WITH: measure_results, WITHOUT: leave_out_results}[kind]()
    exit_code = main(arguments)  # type: ignore[no-untyped-call]
    Path(file).write_text(json.dumps(_taken), encoding="utf-8")
    sys.exit(exit_code)
