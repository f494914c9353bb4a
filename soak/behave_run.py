"""One run of behave, as a process with a temporary folder of its own."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from bdd.settings.settings import environment_without_settings
from bdd.system.paths import ROOT

_DEADLINE_FACTOR = "10"
"""A condition slows the machine down; only what never comes may turn a run red."""
_RUN_SECONDS = 600.0
_CLEAN_UP_SECONDS = 15.0


class BehaveRun:
    """A run of behave that has been started; its output goes to a file in `folder`.

    Args:
        folder: where it leaves everything; made by this class.
        arguments: the arguments of behave.
        variables: environment variables. Other `BDD_*` variables, but for the cache's folder, are not passed on.
    """

    def __init__(self, folder: Path, arguments: list[str], variables: Mapping[str, str]) -> None:
        temporary = folder / "temporary"
        temporary.mkdir(parents=True)
        own = {
            "TMPDIR": str(temporary),
            "BDD_EVIDENCE_DIR": str(folder / "evidence"),
            "BDD_DEADLINE_FACTOR": _DEADLINE_FACTOR,
        }
        self._output = folder / "output.txt"
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "behave", "--no-color", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
                env=environment_without_settings(**{**own, **variables}),
            )

    @property
    def output(self) -> str:
        """All that it has written so far."""
        return self._output.read_text(encoding="utf-8", errors="replace")

    def end(self) -> int | None:
        """Wait for its end and return the exit code, or None if it had to be terminated."""
        try:
            return self.process.wait(_RUN_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.terminate()
        try:
            self.process.wait(_CLEAN_UP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
        return None
