"""Reads the folder of results. The folder is the history: each run has a file there, and nothing else is kept.

    run = read_run(file)
    history = read_history(file.parent, run)
    history.runs           # the newest runs like this one, this one at the end
    history.passed_over    # why other files were not read: a sentence each

Runs may write and read one folder at the same time, and copying files into it merges two histories.
"""

import gc
import platform
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import psutil
import pydantic_core
from pydantic import BaseModel, ConfigDict, ValidationError

from bdd.output.masking import mask
from bdd.results.model import FORMAT, Run
from bdd.results.summary import RunSummary, summary_of
from bdd.results.writing import write_at_once

DEFAULT_NEWEST = 30
_ENOUGH_OF_A_HEAD = 16 * 1024  # bytes
_READINGS = 3
_CLOCK_TOLERANCE = 5.0
_LONGEST_SILENCE = 3600.0
_DAY = 24 * 3600.0
_Results = TypeVar("_Results", Run, RunSummary)


class UnreadableResults(Exception):
    """A file of results cannot be read; the message names it, and says why and what to do."""


class _Start(BaseModel):
    """The first fields of a file, by which a history selects its runs; `shard` comes late in a head."""

    model_config = ConfigDict(extra="ignore")
    id: str
    began: float
    stack: str
    selection: str
    shard: str | None


@dataclass(frozen=True)
class _Found:
    file: Path
    start: _Start


@dataclass(frozen=True)
class History:
    """The newest runs of one stack and one selection.

    Attributes:
        runs: the oldest first; the last one is the run whose history it is.
        passed_over: a sentence for each file that may have been one of them and was not read.
    """

    runs: Sequence[RunSummary]
    passed_over: Sequence[str] = ()


def read_run(file: Path) -> Run:
    """Return the run whose results are in a file.

    Raises:
        UnreadableResults: there is no such file, or it is empty, cut off, of a newer format, or something else.
    """
    return _read(file, Run)


def write_run(file: Path, run: Run) -> None:
    """Write a run's results into a file, without secrets. No reader sees a part of it.

    Raises:
        OSError: it cannot be written; what was there before is still there.
    """
    write_at_once(file, mask(run.model_dump_json()).encode())


def newest_file(folder: Path) -> Path:
    """Return the file of the run that began last.

    Raises:
        UnreadableResults: the folder has no file of results that can be read.
    """
    found, passed_over = _files_of(folder)
    if not found:
        which = "results that can be read" if passed_over else "results"
        reasons = "".join(f"\n  {each}" for each in passed_over)
        raise UnreadableResults(f"There are no {which} in {folder}. Run `behave features/` first.{reasons}")
    return found[0].file


def results_at(place: Path | None, results_dir: Path) -> Path:
    """Return the file of results that a command was given.

    Args:
        place: the file, or a folder, whose newest file is meant; None for the newest file of `results_dir`.
        results_dir: the folder of the settings.

    Raises:
        UnreadableResults: the folder has no file of results that can be read.
    """
    if place is None:
        return newest_file(results_dir)
    return newest_file(place) if place.is_dir() else place


def read_history(folder: Path, run: Run, newest: int = DEFAULT_NEWEST) -> History:
    """Return a run and the runs that began before it on the same stack, with the same selection.

    It has merged runs, and none of single shards; it has runs that were killed, and none that are still running.

    Args:
        folder: where the results are.
        run: the newest run of the history; it need not be in the folder.
        newest: how many runs at most, this one among them.
    """
    head = run.run
    earlier = read_runs(folder, head.stack, head.selection, newest - 1, before=(head.began, head.id))
    return History([*earlier.runs, summary_of(run)], earlier.passed_over)


def read_runs(
    folder: Path, stack: str, selection: str, newest: int, before: tuple[float, str] | None = None
) -> History:
    """Return the newest whole runs of a stack and a selection.

    Args:
        folder: where the results are.
        stack: the stack.
        selection: the paths, tags and names.
        newest: how many runs at most.
        before: beginning and id of a run; only runs that began before it are meant.
    """
    found, passed_over = _files_of(folder)
    runs: dict[str, RunSummary] = {}  # a file may have been copied under another name
    for each in found:
        start = each.start
        if len(runs) >= newest:
            break
        if start.shard or (start.stack, start.selection) != (stack, selection) or start.id in runs:
            continue
        if before and (start.began, start.id) >= before:
            continue
        try:
            with _without_collection():
                run = _read(each.file, RunSummary)
        except UnreadableResults as error:
            passed_over.append(str(error))
            continue
        if is_running(run, each.file):
            passed_over.append(f"{each.file} is passed over: its run has not ended.")
            continue
        runs[start.id] = run
    return History(list(runs.values())[::-1], passed_over)


def newest_first(folder: Path, pass_over: Callable[[str], None]) -> Iterator[Run]:
    """Yield all runs in a folder, whatever they are of, the newest first.

    Args:
        folder: where the results are; it need not be there.
        pass_over: takes a sentence for each file that cannot be read.
    """
    found, passed_over = _files_of(folder)
    for sentence in passed_over:
        pass_over(sentence)
    for each in found:
        try:
            yield _read(each.file, Run)
        except UnreadableResults as error:
            pass_over(str(error))


def is_running(run: Run | RunSummary, file: Path) -> bool:
    """Return whether a run without an end may still be running; otherwise it was killed.

    On this machine a run is running if its process exists and is not younger than the run. A run on another machine
    is taken to be running if its file was changed within the last hour.

    Args:
        run: the run.
        file: its file.
    """
    if run.end is not None:
        return False
    machine = run.run.machine
    if machine.get("name") != platform.node():
        with suppress(OSError):
            return time.time() - file.stat().st_mtime < _LONGEST_SILENCE
        return False
    try:
        began = psutil.Process(int(machine.get("process", ""))).create_time()
    except (psutil.Error, ValueError):
        return False
    return began <= run.run.began + _CLOCK_TOLERANCE


def remove_old(folder: Path, *, keep: int, days: float) -> list[str]:
    """Remove old files of results, and return a sentence for each that cannot be removed.

    Only whole files of results are removed, of runs that have ended or were killed.

    Args:
        folder: where the results are.
        keep: how many runs of the same stack, selection and shard are kept.
        days: after how many days a run is removed.
    """
    oldest = time.time() - days * _DAY
    newer: Counter[tuple[str, str, str | None]] = Counter()
    failed = []
    for each in _files_of(folder)[0]:
        kind = (each.start.stack, each.start.selection, each.start.shard)
        newer[kind] += 1
        if newer[kind] <= keep and each.start.began >= oldest:
            continue
        try:
            if not is_running(_read(each.file, RunSummary), each.file):
                each.file.unlink(missing_ok=True)
        except UnreadableResults:
            continue
        except OSError as error:
            failed.append(f"{each.file} is too old, and cannot be removed: {error.strerror}.")
    return failed


def _files_of(folder: Path) -> tuple[list[_Found], list[str]]:
    """Return the files of results, the newest run first, and a sentence for each file that cannot be read."""
    found: list[_Found] = []
    passed_over: list[str] = []
    try:
        files = sorted(file for file in folder.iterdir() if file.suffix == ".json")
    except FileNotFoundError:
        return found, passed_over
    except OSError as error:
        return found, [f"{folder} cannot be read: {error.strerror}. Name another folder: -D results_dir=…"]
    for file in files:
        try:
            found.append(_Found(file, _start_of(file)))
        except UnreadableResults as error:
            passed_over.append(str(error))
    return sorted(found, key=lambda each: (each.start.began, each.start.id), reverse=True), passed_over


def _start_of(file: Path) -> _Start:
    """Return the first fields of a file without reading the rest, if they are where the suite writes them."""
    with suppress(OSError, ValueError, AttributeError), file.open("rb") as stream:
        start = pydantic_core.from_json(stream.read(_ENOUGH_OF_A_HEAD), allow_partial=True)
        if start.get("format") == FORMAT:
            return _Start.model_validate(start.get("run"))
    return _Start.model_validate(_read(file, RunSummary).run, from_attributes=True)


@contextmanager
def _without_collection() -> Iterator[None]:
    """Keep Python from looking for garbage among the many objects of a file: that takes as long as reading it."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _read(file: Path, kind: type[_Results]) -> _Results:
    content = None
    for _ in range(_READINGS):
        before, content = content, _content(file)
        try:
            return _of_this_format(file, kind.model_validate_json(content))
        except ValidationError as error:
            wrong = error
        if content == before:  # otherwise a run may just have written it
            break
    raise UnreadableResults(f"{file} cannot be read: {_why(wrong, content or b'')}") from wrong


def _content(file: Path) -> bytes:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UnreadableResults(f"{file} cannot be read: {_why_not_opened(error)}") from error
    if not content.strip():
        raise UnreadableResults(
            f"{file} cannot be read: it is empty, as a full disk or a sudden end leaves it. Remove it."
        )
    return content


def _why_not_opened(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file. Name a file of results, such as results/<run id>.json."
    if isinstance(error, IsADirectoryError):
        return "it is a folder. Name a file."
    return f"{error.strerror}. Correct its permissions, or name another file."


def _of_this_format(file: Path, run: _Results) -> _Results:
    if run.format > FORMAT:
        raise UnreadableResults(f"{file} cannot be read: {_newer(run.format)}")
    return run


def _why(error: ValidationError, content: bytes) -> str:
    """Return why a file cannot be read, and what to do."""
    first = error.errors(include_url=False)[0]
    if first["type"] == "json_invalid":
        where = str(first["msg"]).removeprefix("Invalid JSON: ")
        if "EOF" in where:
            return "it is cut off, as a full disk or a sudden end leaves it. Copy it again, or remove it."
        return f"it is not JSON: {where}. Copy it again, or remove it."
    with suppress(ValueError, AttributeError, TypeError):
        if (version := pydantic_core.from_json(content).get("format")) > FORMAT:
            return _newer(version)
    sentence = ": ".join(filter(None, [".".join(map(str, first["loc"])), first["msg"]]))
    return f"it is not a file of results: {sentence}. Move it to another folder."


def _newer(version: object) -> str:
    return f"a newer version of the suite wrote it (format {version}, this one reads {FORMAT}). Update the suite."
