"""The console on which the commands of `python -m bdd` print their tables."""

import sys

from rich.console import Console

_NEVER_REACHED = 10_000  # characters


def table_console() -> Console:
    """Return a console that wraps nothing in a pipe or a file: rich takes them for a terminal of 80 columns."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else _NEVER_REACHED)
