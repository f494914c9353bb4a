"""Where the lines go: a terminal, a file or a pipe, whose reader may leave at any time."""

import os
import select
import sys
from collections.abc import Sequence
from typing import NoReturn

from rich.console import Console

from bdd.commands.watch.format import line_for_people, line_for_programs
from bdd.kafka.record import Record


class ReaderHasGone(Exception):
    """Nobody reads the output any more."""


class Output:
    """Standard output, a line for each record, each written through at once."""

    def __init__(self, *, json: bool) -> None:
        self._json = json
        self._stream = sys.stdout
        self._console = _Console(file=self._stream, highlight=False, soft_wrap=True)

    def show(self, record: Record, violations: Sequence[str]) -> None:
        """Write a record's line.

        Raises:
            ReaderHasGone: nobody reads it.
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
        """Look whether somebody still reads, for without a new event no writing would tell.

        Raises:
            ReaderHasGone: nobody does.
        """
        try:
            poll = select.poll()
            poll.register(self._stream.fileno(), 0)  # nothing to wait for: a broken end is told all the same
        except (AttributeError, OSError):  # Windows has no poll; a test's output is no file
            return
        if any(what & (select.POLLERR | select.POLLHUP) for _, what in poll.poll(0)):
            raise ReaderHasGone

    def abandon(self) -> None:
        """Let what is still buffered go nowhere: Python would complain when it ends."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)


class _Console(Console):
    def on_broken_pipe(self) -> NoReturn:
        """Rich would end the process, and with it the removal of the stack."""
        raise BrokenPipeError
