"""Takes databases away that a run has not made: `python -m proof.database away|back FILE…`.

A run gets the two commands as its settings `database_away` and `database_back`.
"""

import shlex
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import psutil

from bdd.stacks.embedded.database import LockedDatabases

_LONGEST_SECONDS = 120.0
"""After that the lock is given up, should nobody bring the databases back."""


def settings(files: Sequence[Path]) -> dict[str, str]:
    """Return the settings with which a run locks these SQLite files."""
    command = [sys.executable, "-m", "proof.database"]
    return {f"database_{what}": shlex.join([*command, what, *map(str, files)]) for what in _COMMANDS}


def _take_away(files: Sequence[str]) -> None:
    """Leave a process that holds the lock."""
    holder = subprocess.Popen(
        [sys.executable, "-m", "proof.database", "hold", *files],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert holder.stdout, "it is a pipe"
    if not holder.stdout.readline():
        sys.exit("the files could not be locked")
    _holder(files).write_text(str(holder.pid), encoding="utf-8")


def _hold(files: Sequence[str]) -> None:
    LockedDatabases(map(Path, files)).take_away()
    print("held", flush=True)  # noqa: T201 - for the process that waits for it
    threading.Event().wait(_LONGEST_SECONDS)


def _bring_back(files: Sequence[str]) -> None:
    holder = psutil.Process(int(_holder(files).read_text(encoding="utf-8")))
    holder.kill()
    holder.wait()


def _holder(files: Sequence[str]) -> Path:
    """The file with the number of the process that holds the lock."""
    return Path(f"{files[0]}.holder")


_COMMANDS = {"away": _take_away, "back": _bring_back}

if __name__ == "__main__":
    _, what, *named = sys.argv
    {**_COMMANDS, "hold": _hold}[what](named)
