"""The output of the watch: a terminal, a file, or a pipe whose reader may end at any time."""

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from rich.console import Console

from bdd.commands.watch.format import line_for_people, line_for_programs
from bdd.kafka.record import Record
from bdd.system.processes import reader_has_gone


class ReaderHasGone(Exception):
    """Nothing reads the output any more."""


class Output:
    """Standard output with a line for each record, flushed at once."""

    def __init__(self, *, json: bool) -> None:
        self._json = json
        self._stream = sys.stdout
        self._console = _Console(file=self._stream, highlight=False, soft_wrap=True)

    def show(self, record: Record, violations: Sequence[str]) -> None:
        """Write a record's line.

        Raises:
            ReaderHasGone: nothing reads the output.
        """
        try:
            if self._json:
                self._stream.buffer.write(line_for_programs(record, violations))
                self._stream.flush()
            else:
                self._console.print(line_for_people(record, violations))
        except BrokenPipeError as error:
            raise ReaderHasGone from error

    def check_reader(self) -> None:
        """Check whether the output is still read.

        Raises:
            ReaderHasGone: nothing reads it.
        """
        if reader_has_gone(self._stream):
            raise ReaderHasGone

    def abandon(self) -> None:
        """Discard what is still buffered: Python would print an error when it exits."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)


class _Console(Console):
    def on_broken_pipe(self) -> NoReturn:
        """Rich would end the process before the stack is removed."""
        raise BrokenPipeError
