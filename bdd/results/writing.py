"""Writes the file of a run's results during the run, so that a run that is killed leaves what has ended."""

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import IO

from pydantic_core import PydanticSerializationError

from bdd.output.console import say
from bdd.output.masking import mask
from bdd.results.model import FORMAT, End, Head, Scenario


class ResultsFile:
    """The file `<run id>.json`. It is a whole JSON document at any time: each scenario is written over its end.

        results = ResultsFile(Path("results"), head)
        results.add(scenario)
        results.end(end, {})

    A file that cannot be written never ends a run, and is reported once.

    Args:
        folder: where it is written; is made if need be.
        head: what identifies the run.
    """

    def __init__(self, folder: Path, head: Head) -> None:
        self.path = folder / f"{head.id}.json"
        self._head = head
        self._scenarios: list[bytes] = []
        self._length = 0
        self._is_broken = False
        self._write_anew()

    def begin(self, head: Head) -> None:
        """Replace what identifies the run by what is known since it has started."""
        self._head = head
        self._write_anew()

    def add(self, scenario: Scenario) -> None:
        """Add a scenario that has ended."""
        self._scenarios.append(_dumped(scenario))
        if self._is_broken:
            return
        separator = b",\n" if len(self._scenarios) > 1 else b"\n"
        try:
            with self.path.open("r+b", buffering=0) as file:
                self._write_at_end(file, separator + self._scenarios[-1])
        except OSError as error:
            self._report(error)

    def end(self, end: End, changed: dict[int, Scenario]) -> None:
        """Write what is known since the run has ended.

        Args:
            end: what that is.
            changed: scenarios of which more is known now, each with its place in the order in which it was added.
        """
        for place, scenario in changed.items():
            self._scenarios[place] = _dumped(scenario)
        self._is_broken = False  # there may be room again
        self._write_anew(end)

    def _write_at_end(self, file: IO[bytes], text: bytes) -> None:
        """Write a text and the document's end behind it, or the old end again if there is no room for both."""
        file.seek(self._length)
        whole = text + _end_of_document(None)
        if file.write(whole) != len(whole):
            file.seek(self._length)
            file.write(_end_of_document(None))
            file.truncate()
            raise OSError(0, "there is no room for all of it")
        self._length += len(text)

    def _write_anew(self, end: End | None = None) -> None:
        """Write the whole file beside the old one, and put it in its place."""
        head = b'{"format": %d,\n"run": %b,\n"scenarios": [' % (FORMAT, _dumped(self._head))
        begun = head + b"".join(
            b"%b\n%b" % (b"," if place else b"", each) for place, each in enumerate(self._scenarios)
        )
        try:
            write_at_once(self.path, begun + _end_of_document(end))
            self._length = len(begun)
        except OSError as error:
            self._report(error)

    def _report(self, error: OSError) -> None:
        if not self._is_broken:
            say(f"The results cannot be written: {error.strerror} ({self.path}). The verdict is not affected.")
        self._is_broken = True


def write_at_once(file: Path, content: bytes) -> None:
    """Write a file beside the old one and put it in its place. No reader sees a part of it.

    Args:
        file: the file; its folder is made if need be.
        content: the whole content.

    Raises:
        OSError: it cannot be written; what was there before is still there.
    """
    new = file.with_suffix(f".{os.getpid()}.new")
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        new.write_bytes(content)
        new.replace(file)
    except OSError:
        with suppress(OSError):
            new.unlink()
        raise


def _end_of_document(end: End | None) -> bytes:
    return b'\n],\n"end": %b}\n' % (_dumped(end) if end else b"null")


def _dumped(part: Head | Scenario | End) -> bytes:
    """Return a part as JSON in one line, without its secrets; half a surrogate pair becomes a question mark."""
    try:
        text = part.model_dump_json()
    except PydanticSerializationError:  # several times as quick, and unable to write half a pair
        text = json.dumps(part.model_dump(), ensure_ascii=False)
    return mask(text).encode("utf-8", "replace")
