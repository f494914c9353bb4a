"""Prints to the console, besides what behave prints."""

import io
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from bdd.output.masking import mask


class MaskedStream:
    """A stream that masks secrets, and interrupts the run when its reader has ended."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text without its secrets."""
        try:
            self._stream.write(mask(text))
        except BrokenPipeError:
            _interrupt()
        return len(text)

    def flush(self) -> None:
        """Flush the stream."""
        try:
            self._stream.flush()
        except BrokenPipeError:
            _interrupt()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def say(line: str) -> None:
    """Print a line without its secrets, and flush it."""
    stdout = MaskedStream(sys.stdout)
    stdout.write(line + "\n")
    stdout.flush()


def _interrupt() -> None:
    """Interrupt the run as Ctrl-C does, because nothing reads its output (`| head`); later output is lost."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno() if sys.__stdout__ else 1)
    signal.raise_signal(signal.SIGINT)


def escape_unencodable_output() -> None:
    """Let stdout and stderr escape the characters that their encoding lacks, instead of raising an error.

    Under `LANG=C` a pipe cannot encode umlauts, and a Windows console lacks many characters.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a test replaces them
            stream.reconfigure(errors="backslashreplace")


def durations(parts: Mapping[str, float]) -> str:
    """Return named durations (in seconds) as one line: `start 1.8 s, scenarios 1.2 s`."""
    return ", ".join(f"{name} {seconds:.1f} s" for name, seconds in parts.items())


def at_most(most: int, several: Sequence[str]) -> list[str]:
    """Return so many texts of several, and how many more there are."""
    more = [f"{len(several) - most} more"] if len(several) > most else []
    return [*several[:most], *more]


def counted(count: int, thing: str) -> str:
    """Return a number of things: `1 scenario`, `2 scenarios`."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
