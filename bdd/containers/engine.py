"""The container engine, and how containers are addressed and described."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import docker
import requests
from docker.client import DockerClient
from docker.errors import DockerException
from docker.models.containers import Container

from bdd.system.exceptions import exception_chain, root_cause
from bdd.system.processes import CommandFailed, run_command

_SECONDS = 30
_NO_ENGINE = (
    "The container engine does not answer ({reason}). Start Docker and see that `docker info` shows a server"
)
_NOT_ALLOWED = (
    "This user may not use the container engine's socket ({reason}). Join the group docker "
    "(sudo usermod -aG docker $USER, then log in again), or name an engine that you may use in DOCKER_HOST"
)
RUN_WITHOUT_IT = ", or run without it: behave features/ -D stack=embedded"

Engine = DockerClient
"""A client of the engine, for callers that only pass it on."""

COMPOSE_PROJECT = "com.docker.compose.project"
COMPOSE_SERVICE = "com.docker.compose.service"


class ContainersError(Exception):
    """An error of the container engine or of something in it; the base of this package's exceptions."""


class EngineUnavailable(ContainersError):
    """The container engine cannot be used; the message has the next step."""


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raise the exceptions of Docker's library as `ContainersError`."""
    try:
        yield
    except (DockerException, requests.RequestException) as error:
        raise ContainersError(str(error)) from error


def connect(instead: str = "") -> DockerClient:
    """Return a client of the engine that the `docker` command uses.

    Args:
        instead: an alternative, for the end of the message.

    Raises:
        EngineUnavailable: it does not run, or may not be used by this user.
    """
    try:
        return _answering(docker.from_env(timeout=_SECONDS))
    except (DockerException, requests.RequestException) as error:
        # Docker's own library does not know contexts, by which other engines on a laptop are chosen.
        host = _host_of_context()
        if host is None:
            raise EngineUnavailable(_why(error) + instead) from error
    try:
        return _answering(DockerClient(base_url=host, timeout=_SECONDS))
    except (DockerException, requests.RequestException) as error:
        raise EngineUnavailable(_why(error, f", at {host}") + instead) from error


def published_address(container: Container, port: int) -> tuple[str, int] | None:
    """Return the address on this machine where a TCP port of the container is published, None if it is not."""
    published = (container.attrs["NetworkSettings"].get("Ports") or {}).get(f"{port}/tcp") or []
    for place in published:
        host = place["HostIp"] if place["HostIp"] not in {"", "0.0.0.0", "::"} else "127.0.0.1"  # noqa: S104 - all of them
        return host, int(place["HostPort"])
    return None


def service_name(container: Container) -> str:
    """Return the container's service in Docker Compose, or else its name."""
    return str(container.labels.get(COMPOSE_SERVICE, container.name))


def environment_of(container: Container) -> dict[str, str]:
    """Return the container's environment variables."""
    return dict(variable.partition("=")[::2] for variable in container.attrs["Config"]["Env"] or [])


def state_of(container: Container) -> dict[str, Any]:
    """Return the container's present state.

    Raises:
        docker.errors.NotFound: it has been removed.
    """
    container.reload()
    state: dict[str, Any] = container.attrs["State"]
    return state


def _why(error: BaseException, where: str = "") -> str:
    is_forbidden = any(isinstance(each, PermissionError) for each in exception_chain(error))
    return (_NOT_ALLOWED if is_forbidden else _NO_ENGINE).format(reason=root_cause(error) + where)


def _answering(client: DockerClient) -> DockerClient:
    client.ping()
    return client


def _host_of_context() -> str | None:
    command = ["docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]
    try:
        return run_command(command, timeout=_SECONDS, env=os.environ).strip() or None
    except CommandFailed:
        return None
