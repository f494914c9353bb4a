"""Checks of the container engine, of Docker Compose, and of containers."""

from collections.abc import Iterable

from bdd.containers.compose import ComposeFailed, compose_version
from bdd.containers.engine import RUN_WITHOUT_IT, EngineUnavailable, connect
from bdd.containers.health import Condition
from bdd.stacks.checks.check import Check, Failed


class EngineChecks:
    """The checks of the engine. Once its first check has passed, `client` talks to it."""

    def checks(self) -> list[Check]:
        """Return them, in order."""
        return [Check("engine", self._engine), Check("compose", check_compose, ("engine",))]

    def _engine(self) -> str:
        try:
            self.client = connect(RUN_WITHOUT_IT)
        except EngineUnavailable as error:
            raise Failed(str(error), "docker info") from error
        version = self.client.version()
        return f"{version.get('Platform', {}).get('Name') or 'Docker'} {version['Version']} answers"


def check_compose() -> str:
    """Return a sentence about Docker Compose.

    Raises:
        Failed: there is none, or it is too old.
    """
    try:
        return f"Docker Compose {compose_version()}"
    except ComposeFailed as error:
        raise Failed(str(error), "docker compose version") from error


def check_conditions(conditions: Iterable[Condition]) -> str:
    """Return a sentence about containers that are as they should be.

    Raises:
        Failed: one has ended in a bad way, is unhealthy or not running; the command shows more of the first.
    """
    conditions = list(conditions)
    if wrong := [each for each in conditions if each.next_command]:
        raise Failed("; ".join(each.sentence for each in wrong), wrong[0].next_command)
    return ", ".join(each.sentence for each in conditions)
