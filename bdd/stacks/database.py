"""The database of a platform that is not the run's own: commands take it away and bring it back."""

import os
import shlex

from bdd.domain.outage import DatabaseSwitch
from bdd.system.processes import CommandFailed, run_command

_SECONDS = 60.0


class DatabaseByCommands(DatabaseSwitch):
    """A database that two commands of the settings take away and bring back.

    Args:
        away: the command that takes it away.
        back: the command that brings it back.
    """

    def __init__(self, away: str, back: str) -> None:
        super().__init__()
        self._commands = {"database_away": away, "database_back": back}

    def _take_away(self) -> None:
        self._run("database_away")

    def _bring_back(self) -> None:
        self._run("database_back")

    def _run(self, setting: str) -> None:
        try:
            # They are the user's own, and may need what is set for them: DOCKER_HOST, KUBECONFIG.
            run_command(shlex.split(self._commands[setting]), timeout=_SECONDS, env=os.environ)
        except CommandFailed as error:
            raise AssertionError(f"the command of {setting} failed: {error}") from error
