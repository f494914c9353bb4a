"""Make `.venv` beside the project and install what the project needs; a second call finds it done and does nothing.

Only the standard library is used, and Python 3.6 can still read this file: an old Python must get as far as the
sentence that refuses it.
"""

import argparse
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections import deque
from pathlib import Path
from typing import Deque, List, Optional, Sequence, Tuple

OLDEST_PYTHON = (3, 11)
THIS_PYTHON = sys.version_info[:2]
PROJECT = Path(__file__).resolve().parent.parent


class SetupError(Exception):
    """What went wrong and what to do about it; `exit_code` is 2 when this Python cannot be used."""

    def __init__(self, sentence: str, exit_code: int = 1) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code


class Environment:
    """The virtual environment of a project, with a stamp in it that tells what was installed.

    No stamp: unknown, pip finds out. An empty one: an install was cut off, and nothing in the folder is trusted.
    Otherwise it holds a fingerprint for each set of requirements that was installed to the end.
    """

    def __init__(self, project: Path) -> None:
        self.project = project
        self.folder = project / ".venv"
        self.python = self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        self.stamp = self.folder / "installed.stamp"

    def is_ready(self, *, dev: bool) -> bool:
        """Whether everything is installed; asks neither pip nor the network."""
        return self.python.exists() and self._fingerprint(dev) in self._stamped()

    def install(self, *, dev: bool) -> None:
        """Install the requirements, in an environment made anew if there is none that can be trusted.

        Raises:
            SetupError: the environment could not be made, or pip failed.
        """
        if self._was_cut_off() or not self._is_usable():
            self._make()
        requirements = "requirements-dev.txt" if dev else "requirements.txt"
        command = [str(self.python), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
        command += ["--progress-bar=off", "-r", requirements, "-c", "constraints.txt"]
        print(f"installing the packages of {requirements}, once, about a minute ...", flush=True)
        self.stamp.write_text("")
        try:
            _run(command, self.project, advice="pip failed. It needs the network this once, and half a GB of disk.")
        except SetupError:
            self.stamp.unlink()  # pip has come to an end by itself: what is there can be kept
            raise
        done = (False, True) if dev else (False,)
        self.stamp.write_text("".join(f"{self._fingerprint(each)}\n" for each in done))

    def _make(self) -> None:
        if importlib.util.find_spec("ensurepip") is None:
            raise SetupError(
                f"{sys.executable} cannot make a virtual environment: it has no module ensurepip. "
                "On Debian and Ubuntu: apt install python3-venv. Then try again.",
                exit_code=2,
            )
        print(f"making {self.folder} with Python {_dotted(THIS_PYTHON)} ...", flush=True)
        if self.folder.exists():
            shutil.rmtree(self.folder)
        self.folder.mkdir()
        self.stamp.write_text("")
        command = [sys.executable, "-m", "venv", str(self.folder)]
        _run(command, self.project, advice="The virtual environment could not be made. Is the disk full?")

    def _is_usable(self) -> bool:
        """Whether it has this version of Python, and pip, and has not moved: its programs name their folder."""
        configuration = self.folder / "pyvenv.cfg"
        if not configuration.exists() or f" {self.folder}\n" not in configuration.read_text():
            return False
        question = [str(self.python), "-c", "import sys, pip; print(*sys.version_info[:2], sep='.')"]
        try:
            answer = subprocess.run(question, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout
        except OSError:
            return False
        return answer.decode().strip() == _dotted(THIS_PYTHON)

    def _was_cut_off(self) -> bool:
        return self.stamp.exists() and not self._stamped()

    def _stamped(self) -> List[str]:
        return self.stamp.read_text().split() if self.stamp.exists() else []

    def _fingerprint(self, dev: bool) -> str:
        requirements = self.project / ("requirements-dev.txt" if dev else "requirements.txt")
        parts = [f"{_dotted(THIS_PYTHON)} {self.folder}".encode(), (self.project / "constraints.txt").read_bytes()]
        parts += [file.read_bytes() for file in _with_included(requirements)]
        return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _with_included(requirements: Path) -> List[Path]:
    """A file of requirements and those that it includes."""
    lines = [line.split() for line in requirements.read_text().splitlines()]
    included = [requirements.parent / words[1] for words in lines if words[:1] == ["-r"]]
    return [requirements] + [file for each in included for file in _with_included(each)]


def check_python(version: Tuple[int, int]) -> None:
    """Refuse a Python that is too old.

    Raises:
        SetupError: says which one is needed, and how to choose another one.
    """
    if version < OLDEST_PYTHON:
        raise SetupError(
            f"This is Python {_dotted(version)}; the suite needs {_dotted(OLDEST_PYTHON)} or newer. "
            "Choose another one like this: make acceptance PYTHON=python3.12",
            exit_code=2,
        )


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Set up what the command line asks for, unless it is there; return the exit code."""
    parser = argparse.ArgumentParser(
        description="Make .venv and install what the project needs, unless it is there."
    )
    parser.add_argument("--dev", action="store_true", help="also what the project's own checks need")
    dev = parser.parse_args(arguments).dev
    environment = Environment(PROJECT)
    try:
        check_python(THIS_PYTHON)
        if not environment.is_ready(dev=dev):
            environment.install(dev=dev)
    except SetupError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except OSError as error:
        print(f"{environment.folder} cannot be used: {error}. Remove that folder, then try again.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. The next call begins again.", file=sys.stderr)
        return 130
    return 0


def _run(command: Sequence[str], folder: Path, advice: str) -> None:
    """Run a command, and show on a terminal how it gets on; its last lines are kept for the error."""
    last_lines: Deque[str] = deque(maxlen=12)
    with subprocess.Popen(command, cwd=str(folder), stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout
        for line in process.stdout:
            last_lines.append(line.decode(errors="replace").strip())
            if sys.stdout.isatty():
                print(f"\r{last_lines[-1]:79.79}", end="", flush=True)
    if sys.stdout.isatty():
        print("\r" + " " * 79, end="\r", flush=True)
    if process.returncode:
        raise SetupError("\n  ".join([f"{advice} The last it said:", *last_lines]))


def _dotted(version: Tuple[int, int]) -> str:
    return "{}.{}".format(*version)


if __name__ == "__main__":
    sys.exit(main())
