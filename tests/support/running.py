"""Runs behave and the project's commands as a user would, each in a process, also against a service."""

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar

import psutil

from bdd.domain.resources import services
from bdd.run.process import ModuleProcess
from bdd.stacks.embedded.service import EmbeddedService
from bdd.system.waiting import wait_until

FEATURES = Path("tests/integration/features")
LONG = str(FEATURES / "long.feature")
QUICK = str(FEATURES / "quick.feature")
QUICK_TITLE = "The shortest run that needs everything"

GUARD_SECONDS = 600.0
"""A guard against hanging: more than all limits that a run has itself, one after the other."""
SLOW_SECONDS = 120.0
"""For what takes a moment where nothing else runs."""
_POLITE_SECONDS = 60.0

DEADLINE_FACTOR = 10
"""Of each run, unless it waits for what never comes."""


class ModuleRun(ModuleProcess):
    """A process whose deadlines are longer than usual, so that a slow machine turns nothing red.

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
        longer = {"BDD_DEADLINE_FACTOR": str(DEADLINE_FACTOR), **(environment or {})}
        super().__init__(folder, *arguments, environment=longer, pipe=pipe)
        self.started.append(self)

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

    def await_text(self, text: str) -> None:
        """Return as soon as it has written a text."""

        def written() -> None:
            assert text in self.output, self.output

        wait_until(written, description=text, timeout=GUARD_SECONDS, abort_if=self.ended)

    def end(self, timeout: float = GUARD_SECONDS) -> int | None:
        """Wait for its end and return the exit code; whatever it was, no user may see a traceback."""
        exit_code = super().end(timeout)
        assert "Traceback" not in self.output, self.output
        return exit_code

    def ended(self) -> str | None:
        """Return all that it has written once it has ended: a reason to stop waiting; None before."""
        return None if self.process.poll() is None else f"it has ended: {self.output}"

    def left_over(self) -> list[str]:
        """Return the processes and folders that the run should have removed."""
        processes = [str(child) for child in self.children if child.is_running()]
        return processes + [path.name for path in self.temporary.iterdir() if path.name.startswith("acceptance-")]


class BehaveRun(ModuleRun):
    """One run of behave."""

    def kill_after(self, scenarios: int, results: Path, child: str, earlier: Collection[Path] = ()) -> None:
        """Kill the run once so many scenarios have ended, as SIGKILL does; `finish` ends its children.

        Args:
            scenarios: how many.
            results: the folder of its results.
            child: a word in the command of a child process that must be running then.
            earlier: the files in this folder that are of other runs.
        """

        def have_ended() -> None:
            (file,) = set(results.glob("*.json")).difference(earlier)
            assert len(json.loads(file.read_bytes())["scenarios"]) == scenarios

        wait_until(
            have_ended,
            description=f"the results of {scenarios} scenarios",
            timeout=GUARD_SECONDS,
            retry_on=(AssertionError, ValueError),
            abort_if=self.ended,
        )
        self.child(child)  # so that all children are remembered, and ended
        self.process.kill()
        self.process.wait()

    def __init__(self, folder: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        super().__init__(folder, "behave", "--no-color", *arguments, environment=environment)


@contextmanager
def patient_service(folder: Path, bootstrap_servers: str, *command: str) -> Iterator[str]:
    """Run a patient service, the reference's own unless another module is named; its address is yielded."""
    service = EmbeddedService("patient-service", folder, bootstrap_servers, *command)
    try:
        service.wait_ready(SLOW_SECONDS)
        yield service.url
    finally:
        service.process.stop(_POLITE_SECONDS)


@contextmanager
def reference_services(folder: Path, bootstrap_servers: str) -> Iterator[dict[str, str]]:
    """Run all reference services; their addresses are yielded: name -> address."""
    running = {name: EmbeddedService(name, folder, bootstrap_servers) for name in services()}
    try:
        for service in running.values():
            service.wait_ready(SLOW_SECONDS)
        yield {name: service.url for name, service in running.items()}
    finally:
        for service in running.values():
            service.process.stop(_POLITE_SECONDS)


def run_behave(
    folder: Path, *arguments: str, environment: Mapping[str, str] | None = None, exit_code: int = 0
) -> BehaveRun:
    """Run behave to its end, which must be this one."""
    run = BehaveRun(folder, *arguments, environment=environment)
    assert run.end() == exit_code, run.output
    return run


def doctor(folder: Path, *arguments: str) -> tuple[int | None, dict[str, dict[str, Any]]]:
    """Run the doctor; return its exit code, and check -> its result."""
    run = ModuleRun(folder, "bdd", "doctor", "--json", *arguments)
    exit_code = run.end()
    assert not run.left_over()
    report = json.loads(run.printed)
    assert (exit_code == 0) is report["healthy"]
    return exit_code, {each["check"]: each for each in report["checks"]}


def _has_word(process: psutil.Process, word: str) -> bool:
    """A process that ends while it is looked at has none."""
    with suppress(psutil.Error):
        return any(word in part for part in process.cmdline())
    return False
