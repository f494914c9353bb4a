"""What can be seen of the container engine, of Docker Compose, and of containers."""

import re
import subprocess
from collections.abc import Iterable

from docker.client import DockerClient
from docker.models.containers import Container

from bdd.commands.doctor.check import Check, Failed
from bdd.containers.engine import RUN_WITHOUT_IT, EngineUnavailable, connect, service_name, state_of
from bdd.containers.inspection import how_it_ended, last_check

_COMPOSE_SECONDS = 10
_COMPOSE_NEEDED = (2, 30)  # the first that runs a command after a start, which docker-compose.bdd.yml has


class EngineChecks:
    """The checks of the engine; then `client` talks to it."""

    client: DockerClient

    def checks(self) -> list[Check]:
        """Return them, in order."""
        return [Check("engine", self._engine), Check("compose", _compose, ("engine",))]

    def _engine(self) -> str:
        try:
            self.client = connect(RUN_WITHOUT_IT)
        except EngineUnavailable as error:
            raise Failed(str(error), "docker info") from error
        told = self.client.version()
        return f"{told.get('Platform', {}).get('Name') or 'Docker'} {told['Version']} answers"


def check_containers(containers: Iterable[Container]) -> str:
    """Return a sentence about containers that are as they should be.

    Raises:
        Failed: one has ended in a bad way, is unhealthy or not running; the command shows more of the first.
    """
    wrong: list[tuple[str, str]] = []
    sound: list[str] = []
    for container in containers:
        state = state_of(container)
        health = state.get("Health", {}).get("Status", "")
        name = service_name(container)
        if error := _fault(container, state["Status"], health):
            wrong.append(error)
        elif state["Status"] == "exited":
            sound.append(f"{name} has done its work")
        else:
            sound.append(f"{name} is {health or 'running'}")
    if wrong:
        raise Failed("; ".join(sentence for sentence, _ in wrong), wrong[0][1])
    return ", ".join(sound)


def _fault(container: Container, status: str, health: str) -> tuple[str, str] | None:
    """What is wrong with a container, and what to type; None where nothing is."""
    name, state = service_name(container), container.attrs["State"]
    log = f"docker logs --tail 50 {container.name}"
    # Whoever checks a container's health means it to stay; others may be jobs that are done.
    is_job = container.attrs["Config"].get("Healthcheck") is None
    if status in {"exited", "dead"} and (state["ExitCode"] or state["OOMKilled"] or not is_job):
        return how_it_ended(container, state["ExitCode"]), log
    if status == "paused":
        return f"{name} is paused", f"docker unpause {container.name}"
    if status not in {"running", "exited"}:
        return f"{name} is not running, but {status} (exit code {state['ExitCode']})", log
    if status == "running" and health == "unhealthy":
        return f"{name} is unhealthy: its check says {last_check(state)}", log
    if status == "running" and health == "starting":
        return f"{name} is still starting: its health is not known yet", log
    return None


def _compose() -> str:
    command = ["docker", "compose", "version", "--short"]
    try:
        told = subprocess.run(  # noqa: S603 - a fixed command
            command, capture_output=True, text=True, timeout=_COMPOSE_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise Failed(f"this `docker` has no Compose: {error}", "docker compose version") from error
    version = told.stdout.strip()
    numbers = tuple(map(int, re.findall(r"\d+", version)[:2]))
    if numbers < _COMPOSE_NEEDED:
        needed = ".".join(map(str, _COMPOSE_NEEDED))
        raise Failed(f"Compose {version} is too old: {needed} is needed", "docker compose version")
    return f"Docker Compose {version}"
