"""Runs behave and the project's commands as a user would, each in a process; also beside a service."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ClassVar

import psutil

from bdd.settings.settings import environment_without_settings
from bdd.stacks.embedded.service import EmbeddedService
from bdd.system.paths import ROOT
from bdd.system.waiting import wait_until

FEATURES = Path("tests/integration/features")
LONG = str(FEATURES / "long.feature")
QUICK = str(FEATURES / "quick.feature")

GUARD_SECONDS = 600.0
"""A guard against hanging: more than all limits that a run has itself, one after the other."""
SLOW_SECONDS = 120.0
"""For what takes a moment where nothing else runs."""
_POLITE_SECONDS = 60.0

DEADLINE_FACTOR = 10
"""Of each run, unless it waits for what never comes."""


class ModuleRun:
    """One run of `python -m …` with a temporary folder of its own, so that anything left there is seen.

    Its stdout goes into a file, or into `pipe` where there is one. Its deadlines are longer than usual, so that a
    slow machine turns nothing red: `-D deadline_factor=1` where it waits for what never comes.

    Attributes:
        started: those of the current test; a fixture ends what a failed one has left of them.
    """

    started: ClassVar[list["ModuleRun"]] = []

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        pipe: int | None = None,
    ) -> None:
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        self._output, self._errors = folder / "output.txt", folder / "errors.txt"
        given = {
            "TMPDIR": str(self.temporary),
            "BDD_EVIDENCE_DIR": str(folder / "evidence"),
            "BDD_DEADLINE_FACTOR": str(DEADLINE_FACTOR),
        }
        with self._output.open("wb") as output, self._errors.open("wb") as errors:
            self.process = psutil.Popen(
                [sys.executable, "-m", *arguments],
                stdout=pipe or output,
                stderr=errors,
                stdin=subprocess.DEVNULL,
                cwd=ROOT,
                env=environment_without_settings(**{**given, **(environment or {})}),
            )
        self.children: list[psutil.Process] = []
        self.started.append(self)

    @property
    def printed(self) -> str:
        """What it has written to stdout so far."""
        return self._output.read_text(encoding="utf-8", errors="replace")

    @property
    def said(self) -> str:
        """What it has written to stderr so far."""
        return self._errors.read_text(encoding="utf-8", errors="replace")

    @property
    def output(self) -> str:
        """All that it has written so far."""
        return self.printed + self.said

    def child(self, word: str) -> psutil.Process:
        """Return the child process whose command has this word; all children are remembered."""
        with suppress(psutil.Error):  # it has just ended
            self.children = self.process.children(recursive=True)
        found = [child for child in self.children if _has_word(child, word)]
        assert found, f"no child process with {word}"
        return found[0]

    def await_child(self, word: str) -> psutil.Process:
        """Return that child process as soon as there is one."""
        return wait_until(
            lambda: self.child(word), description=f"the process {word}", timeout=GUARD_SECONDS, abort_if=self.ended
        )

    def end(self) -> int:
        """Wait for its end and return the exit code."""
        return int(self.process.wait(GUARD_SECONDS))

    def ended(self) -> str | None:
        """Return all that it has written once it has ended: whoever waits for it to go on waits in vain."""
        return None if self.process.poll() is None else f"it has ended: {self.output}"

    def left_over(self) -> list[str]:
        """Return the processes and folders that the run should have removed."""
        processes = [str(child) for child in self.children if child.is_running()]
        return processes + [path.name for path in self.temporary.iterdir() if path.name.startswith("acceptance-")]

    def finish(self) -> None:
        """End it where it still runs, with all its children; it may first remove what else it has made."""
        if self.process.poll() is None:
            with suppress(psutil.Error):
                self.children = self.process.children(recursive=True)
            self.process.terminate()
            with suppress(psutil.TimeoutExpired):
                self.process.wait(_POLITE_SECONDS)
        for each in [self.process, *self.children]:
            with suppress(psutil.Error):
                each.kill()


class BehaveRun(ModuleRun):
    """One run of behave."""

    def __init__(self, folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        super().__init__(folder, "behave", "--no-color", *arguments, environment=environment)


@contextmanager
def patient_service(folder: Path, bootstrap_servers: str, *command: str) -> Iterator[str]:
    """Run a patient service, the reference's own unless another module is named; its address is yielded."""
    service = EmbeddedService.start(folder, bootstrap_servers, *command)
    try:
        service.wait_ready(SLOW_SECONDS)
        yield service.url
    finally:
        service.process.stop(_POLITE_SECONDS)


def remote(api_url: str, bootstrap_servers: str, **settings: object) -> list[str]:
    """Return the arguments of a run against a platform that is there already."""
    given = {"stack": "remote", "api_url": api_url, "bootstrap_servers": bootstrap_servers, **settings}
    return [f"-D{name}={value}" for name, value in given.items()]


def run_behave(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> BehaveRun:
    """Run behave to its end."""
    run = BehaveRun(folder, *arguments, environment=environment)
    run.end()
    return run


def _has_word(process: psutil.Process, word: str) -> bool:
    """A process that ends while it is looked at has none."""
    with suppress(psutil.Error):
        return any(word in part for part in process.cmdline())
    return False
