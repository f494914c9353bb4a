"""Checks of the container engine, of Docker Compose, and of containers."""

from collections.abc import Iterable

from bdd.containers.compose import ComposeFailed, compose_version
from bdd.containers.engine import RUN_WITHOUT_IT, EngineUnavailable, connect
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


def check_conditions(conditions: Iterable[tuple[str, str]]) -> str:
    """Return a sentence about containers in good condition.

    Args:
        conditions: the condition of each container and the next command, empty if nothing is wrong.

    Raises:
        Failed: something is wrong with one; the command shows more of the first.
    """
    conditions = list(conditions)
    if wrong := [(sentence, command) for sentence, command in conditions if command]:
        raise Failed("; ".join(sentence for sentence, _ in wrong), wrong[0][1])
    return ", ".join(sentence for sentence, _ in conditions)
