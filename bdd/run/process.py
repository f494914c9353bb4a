"""Runs behave or a command of the project as a process: for the proof, the soak and the tests."""

import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil

from bdd.domain.resources import services
from bdd.settings.settings import environment_without_settings, prefix_of
from bdd.system.paths import ROOT

_LONGEST_SECONDS = 600.0
"""More than all limits that a run has itself, one after the other."""
_CLEAN_UP_SECONDS = 60.0


class ModuleProcess:
    """`python -m …`, with a folder of its own for its output, its evidence and its temporary files.

    Usage:
        run = ModuleProcess(folder, "behave", "features/", environment={"BDD_DEADLINE": "30"})
        assert run.end() == 0, run.output

    Args:
        folder: where it leaves everything; is made if need be.
        arguments: the module and its arguments.
        environment: variables to add. No other `BDD_*` variable is passed on, except that of the cache's folder.
        pipe: a file descriptor for its stdout, in place of the file.
    """

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        pipe: int | None = None,
    ) -> None:
        self.temporary = folder / "temporary"
        self.temporary.mkdir(parents=True)
        self._output, self._errors = folder / "output.txt", folder / "errors.txt"
        own = {"TMPDIR": str(self.temporary), "BDD_EVIDENCE_DIR": str(folder / "evidence")}
        own["BDD_RESULTS_DIR"] = str(folder / "results")
        with self._output.open("wb") as output, self._errors.open("wb") as errors:
            self.process = psutil.Popen(
                [sys.executable, "-m", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=pipe or output,
                stderr=errors,
                cwd=ROOT,
                env=environment_without_settings(**{**own, **(environment or {})}),
            )
        self.children: list[psutil.Process] = []

    @property
    def printed(self) -> str:
        """What it has written to stdout so far."""
        return self._output.read_text(encoding="utf-8", errors="replace")

    @property
    def errors(self) -> str:
        """What it has written to stderr so far."""
        return self._errors.read_text(encoding="utf-8", errors="replace")

    @property
    def output(self) -> str:
        """All that it has written so far."""
        return self.printed + self.errors

    def end(self, timeout: float = _LONGEST_SECONDS) -> int | None:
        """Wait for its end and return the exit code; None when it took longer and was ended."""
        with suppress(psutil.TimeoutExpired):
            return int(self.process.wait(timeout))
        self.finish()
        return None

    def finish(self) -> None:
        """End it if it still runs, and its children; it may remove what it has made first."""
        if self.process.poll() is None:
            with suppress(psutil.Error):
                self.children = self.process.children(recursive=True)
            self.process.terminate()
            with suppress(psutil.TimeoutExpired):
                self.process.wait(_CLEAN_UP_SECONDS)
        for each in [self.process, *self.children]:
            with suppress(psutil.Error):
                each.kill()


def addresses(api_urls: Mapping[str, str]) -> dict[str, str]:
    """Return the settings that hold the addresses of services: `{"therapist_api_url": …}` for the therapists'."""
    return {f"{prefix_of(services()[name].short)}api_url": url for name, url in api_urls.items()}


def remote(api_url: str, bootstrap_servers: str, **settings: object) -> list[str]:
    """Return the arguments that make behave, or a command, use a platform that is there already.

    Args:
        api_url: the address of its patient service.
        bootstrap_servers: its brokers.
        settings: others; `addresses` has those of its other services.
    """
    given = {"stack": "remote", "api_url": api_url, "bootstrap_servers": bootstrap_servers, **settings}
    return [f"-D{name}={value}" for name, value in given.items()]
