"""Finds the platform's services among containers, each for itself, and their addresses from this machine."""

import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from docker.models.containers import Container

from bdd.containers.cleanup import RECORDER
from bdd.containers.engine import ContainersError, published_address, service_name
from bdd.containers.inspection import full_name, how_it_ended, with_log
from bdd.domain.resource import Service
from bdd.domain.resources import services
from bdd.settings.settings import ServiceSettings, Settings

_CONNECT_SECONDS = 2.0
Reason = Callable[[Service, Container], bool]
"""Whether a container may be a service, for one reason."""
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
    candidates = [each for each in containers if RECORDER not in each.labels]
    of_each = _identified(candidates, settings)
    found: dict[str, FoundService] = {}
    absent: dict[str, str] = {}
    for name, service in services().items():
        chosen = settings.of_service(service.short)
        if len(of_each[name]) == 1:
            found[name] = _reached(running(of_each[name][0]), network, service, chosen)
        elif of_each[name]:
            raise PlatformNotFound(_several(service, of_each[name], chosen))
        elif chosen.prefix:
            choose = f"-D {chosen.prefix}service=NAME chooses one"
            absent[name] = f"none of its containers looks like it ({_known_by(service)}; {choose})"
        else:
            raise PlatformNotFound(_none(service, candidates, chosen))
    return found, absent


def _identified(candidates: Sequence[Container], settings: Settings) -> dict[str, list[Container]]:
    """The containers that may be each service. One that is a service for a better reason is no other one.

    The reasons, the best one first: a setting, the whole name, a name that is alike, the port. Only settings can
    say that one container, such as a gateway, is two services.
    """
    found: dict[str, list[Container]] = {name: [] for name in services()}
    for reason in (_chosen(settings, candidates), _has_name, _has_name_alike, _has_port):
        taken = [each for containers in found.values() for each in containers]
        for name, service in services().items():
            if not found[name]:
                found[name] = [each for each in candidates if each not in taken and reason(service, each)]
    return found


def _chosen(settings: Settings, candidates: Sequence[Container]) -> Reason:
    chosen = {
        name: named(given.service, candidates, f"{given.prefix}service", _likely(candidates))
        for name, service in services().items()
        if (given := settings.of_service(service.short)).service
    }
    return lambda service, container: chosen.get(service.name) is container


def _has_name(service: Service, container: Container) -> bool:
    return _spelt(container) == service.name


def _has_name_alike(service: Service, container: Container) -> bool:
    """Also `my-patient-service-1`, but not one that names two services."""
    return _may_be_service(container) and "service" in _spelt(container) and _nouns_in(container) == [service.short]


def _has_port(service: Service, container: Container) -> bool:
    others = [each.port for each in services().values() if each != service]
    ports = exposed_ports(container)
    return (
        _may_be_service(container)
        and service.port in ports
        and not any(port in ports for port in others)
        and not set(_nouns_in(container)) - {service.short}
    )


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


def named(name: str, containers: Sequence[Container], setting: str, likely: Sequence[Container]) -> Container:
    """Return the container that a setting chooses, by its own name or that of its Compose service.

    Args:
        name: the setting's value.
        containers: those of the platform.
        setting: the setting's name.
        likely: the containers to list if none has this name.

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
    raise PlatformNotFound(f"No container is called {name} (-D {setting}={name}); there are: {names(likely)}")


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


def _several(service: Service, found: Sequence[Container], chosen: ServiceSettings) -> str:
    own_names = ", ".join(sorted(str(each.name) for each in found))
    return (
        f"{len(found)} of these containers look like the {service.name}: {own_names}. "
        f"Choose one: -D {chosen.prefix}service=NAME"
    )


def _none(service: Service, candidates: Sequence[Container], chosen: ServiceSettings) -> str:
    return (
        f"none of these containers looks like the {service.name}: {names(_likely(candidates))}. "
        f"It is known by {_known_by(service)}; -D {chosen.prefix}service=NAME chooses one, "
        f"-D {chosen.prefix}port=PORT says where it listens"
    )


def _known_by(service: Service) -> str:
    return f"its name or its port {service.port}"


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


def _likely(containers: Sequence[Container]) -> list[Container]:
    return [each for each in containers if _may_be_service(each)]


def _nouns_in(container: Container) -> list[str]:
    return [each.short for each in services().values() if each.short in _spelt(container)]


def _may_be_service(container: Container) -> bool:
    image = str(container.attrs["Config"]["Image"]).lower().rpartition("/")[2].partition(":")[0]
    return not any(each in image for each in _NO_SERVICES)
