"""Looks into containers: their logs and states for the evidence, and whether one of them has ended."""

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

import requests
from docker.client import DockerClient
from docker.errors import DockerException
from docker.models.containers import Container

from bdd.containers.engine import service_name, state_of
from bdd.evidence.sources import LONGEST, Source

_CLOCK_SECONDS = 1.0  # the engine may run in a virtual machine, whose clock differs a little
_LAST_LINES = 15
_LINES_KEPT = 20_000


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


class ContainerStates:
    """How the containers are when it is asked for: state, health, exit code, restarts, want of memory."""

    def __init__(self, containers: Sequence[Container]) -> None:
        self._containers = containers

    def mark(self) -> float:
        """See `Source.mark`; the state is always the newest."""
        return 0

    def since(self, _mark: float) -> bytes:
        """See `Source.since`."""
        return "".join(f"{_described(container)}\n" for container in self._containers).encode()


class ContainerWatch:
    """Knows at once when one of the containers has ended, for the engine tells it.

    Args:
        client: the engine's.
        needed: those that must keep running; one that comes back is no trouble any more.
        others: those that may come to a good end, as one that only prepares something does.
    """

    def __init__(self, client: DockerClient, needed: Sequence[Container], others: Sequence[Container] = ()) -> None:
        self._containers = {str(container.id): container for container in (*needed, *others)}
        self._may_end = {str(container.id) for container in others}
        self._ended: dict[str, str] = {}
        self._events = client.events(
            decode=True, filters={"type": "container", "container": list(self._containers)}, since=int(time.time())
        )
        self._closed = False
        self._thread = threading.Thread(target=self._follow, name="container watch", daemon=True)
        self._thread.start()

    def trouble(self) -> str | None:
        """Say which container has ended, how, and with which last lines; None while all run."""
        for ended, how in list(self._ended.items()):
            container = self._containers.get(ended)
            return told_with_log(container, how) if container else how
        return None

    def close(self) -> None:
        """End the watching; what ends from now on is meant to."""
        self._closed = True
        self._events.close()

    def _follow(self) -> None:
        try:
            for event in self._events:
                self._take(event["Action"], event["Actor"])
        except (DockerException, requests.RequestException, OSError, ValueError, AttributeError) as error:
            reason = str(error)
        else:
            reason = "it has closed the connection"
        if not self._closed:
            self._ended["engine"] = f"the container engine does not tell any more what it does: {reason}"

    def _take(self, action: str, actor: dict[str, dict[str, str]]) -> None:
        identity = str(actor["ID"])
        if identity not in self._containers:
            return
        if action == "die":
            exit_code = actor["Attributes"].get("exitCode", "?")
            if exit_code != "0" or identity not in self._may_end:
                self._ended[identity] = how_it_ended(self._containers[identity], exit_code)
        elif action == "start":
            self._ended.pop(identity, None)


def sources_of(containers: Sequence[Container]) -> dict[str, Source]:
    """Return what evidence can be taken of containers: file name -> source."""
    sources: dict[str, Source] = {f"logs/{service_name(each)}.log": ContainerLog(each) for each in containers}
    if containers:
        sources["containers.txt"] = ContainerStates(containers)
    return sources


def how_it_ended(container: Container, exit_code: str | int) -> str:
    """Return how a container ended, in words."""
    name = full_name(container)
    if _was_out_of_memory(container):
        limit = container.attrs["HostConfig"].get("Memory") or 0
        return f"{name} was killed for want of memory: its limit is {limit // 2**20} MB"
    return f"{name} ended with exit code {exit_code}"


def full_name(container: Container) -> str:
    """Return what people call a container, and what Docker does."""
    return f"the container of {service_name(container)} ({container.name})"


def last_check(state: Mapping[str, Any]) -> str:
    """Return what a container's health check said last; `state` is what `state_of` returns."""
    log = state.get("Health", {}).get("Log") or []
    return repr(log[-1]["Output"].strip()) if log else "nothing"


def told_with_log(container: Container, how: str, next_command: str = "") -> str:
    """Return a sentence about a container, what to type next, and the last lines of its log behind both."""
    told = [how, f"next: {next_command}"] if next_command else [how]
    try:
        lines = container.logs(tail=_LAST_LINES).decode(errors="replace").splitlines()
    except (DockerException, requests.RequestException):
        lines = []
    if not lines:
        return "\n    ".join([f"{how}; its log is empty", *told[1:]])
    return "\n    ".join([*told, "its last log lines:", *lines])


def _was_out_of_memory(container: Container) -> bool:
    try:
        return bool(state_of(container).get("OOMKilled"))
    except (DockerException, requests.RequestException):
        return False


def _described(container: Container) -> str:
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
