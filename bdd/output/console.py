"""What a run says on the console, beside what behave prints."""

import os
import signal
import sys
from collections.abc import Mapping

from bdd.output.masking import mask


def say(line: str) -> None:
    """Print a line at once, also into a pipe, without the secrets in it."""
    try:
        sys.stdout.write(mask(line) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        interrupt_on_closed_pipe()


def interrupt_on_closed_pipe() -> None:
    """End the run as Ctrl-C does, for the output's reader has gone (`| head`); what is said from now on is lost."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno() if sys.__stdout__ else 1)
    signal.raise_signal(signal.SIGINT)


def durations(parts: Mapping[str, float]) -> str:
    """Return named durations (in seconds) as one line: `start 1.8 s, scenarios 1.2 s`."""
    return ", ".join(f"{name} {seconds:.1f} s" for name, seconds in parts.items())


def counted(count: int, thing: str) -> str:
    """Return a number of things: `1 scenario`, `2 scenarios`."""
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
