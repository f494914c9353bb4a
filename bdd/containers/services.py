"""Finds the platform's services among containers, each for itself, and their addresses from this machine."""

import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from docker.models.containers import Container

from bdd.containers.cleanup import RECORDER
from bdd.containers.engine import ContainersError, published_address, service_name
from bdd.containers.inspection import full_name, how_it_ended, with_log
from bdd.domain.resource import Service
from bdd.domain.resources import services
from bdd.settings.settings import ServiceSettings, Settings

_CONNECT_SECONDS = 2.0
_NO_SERVICES = (
    "postgres",
    "mysql",
    "mariadb",
    "mongo",
    "redis",
    "rabbitmq",
    "kafka",
    "zookeeper",
    "nginx",
    "traefik",
)
"""What the image of a container is called that is none of the platform's services."""


class PlatformNotFound(ContainersError):
    """No platform was found.

    Args:
        sentence: what was found and the next step; more lines may follow the first one.
        next_command: the command to type next, if there is one; the sentence contains it.
    """

    def __init__(self, sentence: str, next_command: str = "") -> None:
        super().__init__(sentence)
        self.next_command = next_command


@dataclass(frozen=True)
class FoundService:
    """A service in a container.

    Attributes:
        container: its container.
        port: where it listens there.
        url: its address from this machine.
    """

    container: Container
    port: int
    url: str


def find_services(
    containers: Sequence[Container], network: str, settings: Settings
) -> tuple[dict[str, FoundService], dict[str, str]]:
    """Return the services that are there, and why others are not: name -> service, name -> reason.

    Args:
        containers: those of the platform besides its brokers.
        network: the network's name.
        settings: those of the attached stack. A service whose settings have no prefix must be there.

    Raises:
        PlatformNotFound: several containers look like a service, one does not run or cannot be reached, or the one
            without which there is no platform is missing.
    """
    candidates = [each for each in containers if RECORDER not in each.labels and not _is_something_else(each)]
    found: dict[str, FoundService] = {}
    absent: dict[str, str] = {}
    for name, service in services().items():
        chosen = settings.of_service(service.short)
        if chosen.service:
            containers_of_it = [named(chosen.service, containers, f"{chosen.prefix}service")]
        else:
            containers_of_it = _looking_like(service, candidates)
        if len(containers_of_it) == 1:
            found[name] = _reached(running(containers_of_it[0]), network, service, chosen)
            continue
        reason = _not_one(service, containers_of_it, candidates, chosen)
        if containers_of_it or not chosen.prefix:
            raise PlatformNotFound(reason)
        absent[name] = reason
    return found, absent


def running(container: Container) -> Container:
    """Return the container if it runs.

    Raises:
        PlatformNotFound: it is paused or has ended; the message holds the next step, then its last log lines.
    """
    if container.status == "running":
        return container
    if container.status == "paused":
        command = f"docker unpause {container.name}"
        raise PlatformNotFound(f"{full_name(container)} is paused\n    next: {command}", command)
    how, command = how_it_ended(container), f"docker start {container.name}"
    if container.status == "created":
        how = f"{full_name(container)} has never been started"
    if container.status == "restarting":
        how, command = f"{how} and is started again", f"docker logs --follow {container.name}"
    raise PlatformNotFound(with_log(container, how, command), command)


def named(name: str, containers: Sequence[Container], setting: str) -> Container:
    """Return the container that a setting chooses, by its own name or that of its Compose service.

    Args:
        name: the setting's value.
        containers: those of the platform.
        setting: the setting's name.

    Raises:
        PlatformNotFound: none or several have this name.
    """
    by_service = [each for each in containers if service_name(each) == name]
    found = [each for each in containers if each.name == name] or by_service
    if len(found) == 1:
        return found[0]
    if found:
        raise PlatformNotFound(
            f"{len(found)} containers are {name} (-D {setting}={name}): "
            f"{', '.join(str(each.name) for each in found)}. Choose one by its own name"
        )
    raise PlatformNotFound(f"No container is called {name} (-D {setting}={name}); there are: {names(containers)}")


def exposed_ports(container: Container) -> list[int]:
    """Return the TCP ports that a container publishes or exposes, the published ones first."""
    exposed = container.attrs["Config"].get("ExposedPorts") or {}
    published = container.attrs["NetworkSettings"].get("Ports") or {}
    ordered = sorted(published, key=lambda port: not published[port])
    ports = (port.partition("/") for port in (*ordered, *exposed))
    return list(dict.fromkeys(int(number) for number, _, kind in ports if kind == "tcp"))


def names(containers: Sequence[Container]) -> str:
    """Return the names of containers for a message, `none` without any."""
    return ", ".join(sorted(service_name(container) for container in containers)) or "none"


def _looking_like(service: Service, candidates: Sequence[Container]) -> list[Container]:
    """Those with its name, else those whose name is alike, else those with its port and no other service's name."""
    exactly = [each for each in candidates if _spelt(each) == service.name]
    alike = [each for each in candidates if service.short in _spelt(each) and "service" in _spelt(each)]
    others = [each for each in services().values() if each != service]
    by_port = [
        each
        for each in candidates
        if service.port in exposed_ports(each) and not any(other.short in _spelt(each) for other in others)
    ]
    return exactly or alike or by_port


def _not_one(
    service: Service, found: Sequence[Container], candidates: Sequence[Container], settings: ServiceSettings
) -> str:
    choose = f"-D {settings.prefix}service=NAME"
    if found:
        own_names = ", ".join(sorted(str(each.name) for each in found))
        return f"{len(found)} of these containers look like the {service.name}: {own_names}. Choose one: {choose}"
    return (
        f"none of these containers looks like the {service.name}: {names(candidates)}. It is known by its name or "
        f"its port {service.port}; {choose} chooses one, -D {settings.prefix}port=PORT says where it listens"
    )


def _reached(container: Container, network: str, service: Service, settings: ServiceSettings) -> FoundService:
    """Return the service at the published port, or else at the container's own if this machine routes to it."""
    exposed = exposed_ports(container)
    # An image may expose another port than the one on which the service listens.
    usual = [service.port] if service.port in exposed else [*exposed, service.port]
    for port, place in _places(container, network, [settings.port] if settings.port else usual):
        if _connects(place):
            return FoundService(container, port, f"http://{place[0]}:{place[1]}")
    port = settings.port or usual[0]
    raise PlatformNotFound(
        f"{service_name(container)} cannot be reached from here: its port {port} is not published, or nothing "
        f'listens there. Publish it (ports: ["127.0.0.1::{port}"]), or name another one: '
        f"-D {settings.prefix}port=PORT. See its log: docker logs {container.name}"
    )


def _places(container: Container, network: str, ports: Sequence[int]) -> Iterator[tuple[int, tuple[str, int]]]:
    own = container.attrs["NetworkSettings"]["Networks"].get(network, {}).get("IPAddress")
    for port in ports:
        if place := published_address(container, port):
            yield port, place
        if own:
            yield port, (own, port)


def _connects(place: tuple[str, int]) -> bool:
    try:
        socket.create_connection(place, timeout=_CONNECT_SECONDS).close()
    except OSError:
        return False
    return True


def _spelt(container: Container) -> str:
    return service_name(container).lower().replace("_", "-")


def _is_something_else(container: Container) -> bool:
    image = str(container.attrs["Config"]["Image"]).lower()
    return any(each in image for each in _NO_SERVICES)
