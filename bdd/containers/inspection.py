"""The logs and states of containers, for evidence and messages, and which of them have ended or are paused."""

import datetime as dt
import time
from collections.abc import Mapping, Sequence
from typing import Any

import requests
from docker.client import DockerClient
from docker.errors import DockerException
from docker.models.containers import Container

from bdd.containers.engine import service_name, state_of
from bdd.evidence.sources import LONGEST, CurrentState, Source
from bdd.results.model import Component
from bdd.system.exceptions import root_cause

_CLOCK_SECONDS = 1.0  # the engine may run in a virtual machine, whose clock differs a little
_LAST_LINES = 15
_VERSION = "org.opencontainers.image.version"  # the label of an image
_LINES_KEPT = 20_000
_LONG_PAUSE_SECONDS = 4  # less than the deadline of an event, more than what a platform survives unnoticed


class ContainerLog:
    """A container's log, each line with its time; its marks are times."""

    def __init__(self, container: Container) -> None:
        self._container = container

    def mark(self) -> float:
        """See `Source.mark`."""
        return time.time() - _CLOCK_SECONDS

    def since(self, mark: float) -> bytes:
        """See `Source.since`."""
        since = mark or None
        log: bytes = self._container.logs(since=since, timestamps=True, tail=_LINES_KEPT)
        return log[-LONGEST:]


class ContainerWatch:
    """Looks whether containers have ended, or stay paused, since it was made.

    Args:
        client: the engine's client.
        needed: the containers that must keep running; one that is started again is no trouble any more.
        others: those that may be paused, or end with exit code 0, such as a migration.

    Attributes:
        may_be_paused: the ids of those that the run itself pauses for a while.
    """

    def __init__(self, client: DockerClient, needed: Sequence[Container], others: Sequence[Container] = ()) -> None:
        self._client = client
        self._containers = {str(container.id): container for container in (*needed, *others)}
        self._may_end = {str(container.id) for container in others}
        self.may_be_paused: set[str] = set()

    def trouble(self) -> str | None:
        """Return which container is paused, or has ended, how, and the last lines of its log; None if none has."""
        try:
            listed = self._client.api.containers(all=True, filters={"id": list(self._containers)})
            states = {each["Id"]: each["State"] for each in listed}
            for identity, container in self._containers.items():
                if identity not in states:
                    return f"{full_name(container)} has been removed"
                state, is_needed = states[identity], identity not in self._may_end
                has_ended = state in {"exited", "dead", "restarting"}
                if has_ended and (is_needed or state_of(container)["ExitCode"]):
                    return with_log(container, how_it_ended(container))
                if (
                    state == "paused"
                    and is_needed
                    and identity not in self.may_be_paused
                    and self._is_long_paused(container)
                ):
                    return f"{full_name(container)} is paused\n    next: docker unpause {container.name}"
        except (DockerException, requests.RequestException) as error:
            return f"the state of the containers cannot be read any more: {root_cause(error)}"
        return None

    def _is_long_paused(self, container: Container) -> bool:
        """Return whether its pause goes on for some seconds by the engine's clock: a short one harms nobody."""
        now = dt.datetime.fromisoformat(self._client.info()["SystemTime"]).timestamp()
        # As texts, which the stubs do not know: whole seconds would miss a pause that began just now.
        window: dict[str, Any] = {"since": f"{now - _LONG_PAUSE_SECONDS:f}", "until": f"{now:f}"}
        filters = {"container": container.id, "event": "pause"}
        return not list(self._client.events(**window, filters=filters, decode=True))


def sources_of(containers: Sequence[Container]) -> dict[str, Source]:
    """Return what evidence can be taken of containers: file name -> source."""
    sources: dict[str, Source] = {f"logs/{service_name(each)}.log": ContainerLog(each) for each in containers}
    if containers:
        sources["containers.txt"] = CurrentState(lambda: "".join(f"{_described(each)}\n" for each in containers))
    return sources


def components_of(containers: Sequence[Container]) -> list[Component]:
    """Return the images of containers, with their digests: those of a registry, or those of this machine."""
    return [
        Component(
            name=service_name(each),
            version=each.labels.get(_VERSION, ""),
            image=str(each.attrs["Config"]["Image"]),
            digest=next(iter(each.image.attrs.get("RepoDigests") or []), str(each.image.id)) if each.image else "",
        )
        for each in containers
    ]


def how_it_ended(container: Container) -> str:
    """Return how a container ended, in words."""
    state, name = state_of(container), full_name(container)
    if state["OOMKilled"]:
        limit = container.attrs["HostConfig"].get("Memory") or 0
        return f"{name} was killed because it ran out of memory: its limit is {limit // 2**20} MB"
    return f"{name} ended with exit code {state['ExitCode']}"


def full_name(container: Container) -> str:
    """Return a container's service and its name."""
    return f"the container of {service_name(container)} ({container.name})"


def last_check(state: Mapping[str, Any]) -> str:
    """Return the last output of a container's health check; `state` is what `state_of` returns."""
    log = state.get("Health", {}).get("Log") or []
    return repr(log[-1]["Output"].strip()) if log else "nothing"


def with_log(container: Container, sentence: str, next_command: str = "") -> str:
    """Return a sentence about a container, the next command, and the last lines of the container's log.

    Args:
        container: the container.
        sentence: what is wrong with it.
        next_command: the command to type next, if there is one.
    """
    lines = [sentence, f"next: {next_command}"] if next_command else [sentence]
    try:
        log = container.logs(tail=_LAST_LINES).decode(errors="replace").splitlines()
    except (DockerException, requests.RequestException):
        log = []
    if log:
        lines += ["its last log lines:", *log]
    else:
        lines[0] += "; its log is empty"
    return "\n    ".join(lines)


def condition(container: Container) -> tuple[str, str]:
    """Return the condition of a container in words, and the command to type next, empty if nothing is wrong."""
    state, name = state_of(container), service_name(container)
    health = state.get("Health", {}).get("Status", "")
    # A container with a health check should keep running; others may be jobs that have ended.
    is_job = container.attrs["Config"].get("Healthcheck") is None
    match state["Status"], health:
        case (("exited" | "dead"), _) if state["ExitCode"] or state["OOMKilled"] or not is_job:
            sentence = how_it_ended(container)
        case "exited", _:
            return f"{name} has done its work", ""
        case "paused", _:
            return f"{name} is paused", f"docker unpause {container.name}"
        case "running", "unhealthy":
            sentence = f"{name} is unhealthy: the output of its check is {last_check(state)}"
        case "running", "starting":
            sentence = f"{name} is still starting: its health is not known yet"
        case "running", _:
            return f"{name} is {health or 'running'}", ""
        case status, _:
            sentence = f"{name} is not running, but {status} (exit code {state['ExitCode']})"
    return sentence, f"docker logs --tail 50 {container.name}"


def _described(container: Container) -> str:
    """Return a line about a container: state, health, exit code, restarts, memory."""
    try:
        state = state_of(container)
    except (DockerException, requests.RequestException) as error:
        return f"{service_name(container)}: {error}"
    facts = {
        "state": state["Status"],
        "health": state.get("Health", {}).get("Status", "not checked"),
        "exit code": state["ExitCode"],
        "out of memory": "yes" if state["OOMKilled"] else "no",
        "restarts": container.attrs["RestartCount"],
        "started": state["StartedAt"],
        "finished": state["FinishedAt"],
        "image": container.attrs["Config"]["Image"],
    }
    return f"{service_name(container)} ({container.name}): " + ", ".join(f"{k} {v}" for k, v in facts.items())
