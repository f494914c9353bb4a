"""Runs behave and the project's commands as a user would, each in a process; also beside a service."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil

from bdd.api.health import wait_healthy
from bdd.processes import ChildProcess, free_port

ROOT = Path(__file__).parents[2]
FEATURES = Path("tests/integration/features")
LONG = str(FEATURES / "long.feature")
QUICK = str(FEATURES / "quick.feature")
_SECONDS = 120.0


class ModuleRun:
    """One run of `python -m …` with a temporary folder of its own, so that anything left there is seen.

    Its stdout goes into a file, or into `pipe` where there is one.
    """

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
        given = {"TMPDIR": str(self.temporary), "BDD_EVIDENCE_DIR": str(folder / "evidence")}
        with self._output.open("wb") as output, self._errors.open("wb") as errors:
            self.process = psutil.Popen(
                [sys.executable, "-m", *arguments],
                stdout=pipe or output,
                stderr=errors,
                stdin=subprocess.DEVNULL,
                cwd=ROOT,
                env={**os.environ, **given, **(environment or {})},
            )
        self.children: list[psutil.Process] = []

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
        self.children = self.process.children(recursive=True)
        found = [child for child in self.children if any(word in part for part in child.cmdline())]
        assert found, f"no child process with {word}"
        return found[0]

    def end(self) -> int:
        """Wait for its end and return the exit code."""
        return int(self.process.wait(_SECONDS))

    def left_over(self) -> list[str]:
        """Return the processes and folders that the run should have removed."""
        processes = [str(child) for child in self.children if child.is_running()]
        return processes + [path.name for path in self.temporary.iterdir() if path.name.startswith("acceptance-")]


class BehaveRun(ModuleRun):
    """One run of behave."""

    def __init__(self, folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        super().__init__(folder, "behave", "--no-color", *arguments, environment=environment)


@contextmanager
def patient_service(folder: Path, bootstrap_servers: str, *command: str) -> Iterator[str]:
    """Run a patient service, the reference's own unless another module is named; its address is yielded."""
    url = f"http://127.0.0.1:{free_port()}"
    service = ChildProcess.start(
        "service",
        [sys.executable, "-m", *(command or ("reference.patient_service",))],
        log=folder / "service.log",
        env={
            "DATABASE_URL": f"sqlite:///{folder / 'patients.db'}",
            "KAFKA_BOOTSTRAP_SERVERS": bootstrap_servers,
            "PORT": url.rpartition(":")[2],
        },
        cwd=ROOT,
    )
    try:
        wait_healthy(url, within=30, give_up=service.trouble)
        yield url
    finally:
        service.stop(5)


def remote(api_url: str, bootstrap_servers: str, **settings: object) -> list[str]:
    """Return the arguments of a run against a platform that is there already."""
    given = {"stack": "remote", "api_url": api_url, "bootstrap_servers": bootstrap_servers, **settings}
    return [f"-D{name}={value}" for name, value in given.items()]


def run_behave(folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> BehaveRun:
    """Run behave to its end."""
    run = BehaveRun(folder, *arguments, environment=environment)
    run.end()
    return run
