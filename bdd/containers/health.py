"""How well the containers of a platform are, in words."""

from collections.abc import Iterable
from dataclasses import dataclass

from docker.models.containers import Container

from bdd.containers.engine import service_name, state_of
from bdd.containers.inspection import how_it_ended, last_check


@dataclass(frozen=True)
class Condition:
    """How one container is.

    Attributes:
        sentence: its state.
        next_command: what to type next; empty where nothing is wrong.
    """

    sentence: str
    next_command: str = ""


def conditions(containers: Iterable[Container]) -> list[Condition]:
    """Return how each of the containers is."""
    return [_condition(container) for container in containers]


def _condition(container: Container) -> Condition:
    state, name = state_of(container), service_name(container)
    status, health = state["Status"], state.get("Health", {}).get("Status", "")
    if wrong := _what_is_wrong(container, status, health):
        return wrong
    return Condition(f"{name} has done its work" if status == "exited" else f"{name} is {health or 'running'}")


def _what_is_wrong(container: Container, status: str, health: str) -> Condition | None:
    name, state = service_name(container), container.attrs["State"]
    log = f"docker logs --tail 50 {container.name}"
    # A container with a health check is meant to stay; others may be jobs that are done.
    is_job = container.attrs["Config"].get("Healthcheck") is None
    if status in {"exited", "dead"} and (state["ExitCode"] or state["OOMKilled"] or not is_job):
        return Condition(how_it_ended(container, state["ExitCode"]), log)
    if status == "paused":
        return Condition(f"{name} is paused", f"docker unpause {container.name}")
    if status not in {"running", "exited"}:
        return Condition(f"{name} is not running, but {status} (exit code {state['ExitCode']})", log)
    if status == "running" and health == "unhealthy":
        return Condition(f"{name} is unhealthy: its check says {last_check(state)}", log)
    if status == "running" and health == "starting":
        return Condition(f"{name} is still starting: its health is not known yet", log)
    return None
