"""Runs nights, each in a process, as a scheduler would."""

from collections.abc import Sequence
from pathlib import Path

from bdd.results.folder import newest_file, read_run
from bdd.results.model import Run
from bdd.system.waiting import wait_until
from tests.support.running import GUARD_SECONDS, ModuleRun


class NightRun(ModuleRun):
    """One night, whose results, report and evidence are in one folder.

    Args:
        folder: that folder.
        number: which night in this folder it is.
        arguments: of the command.
        to: the addresses of the receivers.
        more: more environment variables.

    Attributes:
        results: the folder of the results.
        report: the folder of the report.
        temporary: where temporary files are made.
    """

    def __init__(self, folder: Path, number: int, *arguments: str, to: Sequence[str] = (), **more: str) -> None:
        self.results, self.report = folder / "results", folder / "report"
        environment = {"BDD_RESULTS_DIR": str(self.results), "TMPDIR": str(folder), **more}  # where the lock is
        environment |= {"BDD_NOTIFY_TO": " ".join(to)} if to else {}
        command = ["bdd", "nightly", "--report", str(self.report), *arguments]
        super().__init__(folder / f"night-{number}", *command, environment=environment)
        self.temporary = folder

    def newest(self) -> Run:
        """Return the newest results."""
        return read_run(newest_file(self.results))

    def page(self) -> str:
        """Return the first page of the report."""
        return (self.report / "index.html").read_text(encoding="utf-8")

    def under_way(self) -> None:
        """Wait until its run is in the middle of scenarios."""
        self.await_text("Platform: ")
        wait_until(self._has_begun, description="the first scenario", timeout=GUARD_SECONDS, abort_if=self.ended)

    def _has_begun(self) -> None:
        assert list(self.results.glob("*.json")), "no results yet"
        assert self.newest().scenarios, "no scenario has ended yet"

    def last_line(self) -> str:
        """Return the last line that it has printed."""
        return self.printed.splitlines()[-1]
