"""Finds a platform among the running containers: its network, broker, patient service and their addresses."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass

from docker.client import DockerClient
from docker.errors import NotFound
from docker.models.containers import Container
from docker.models.networks import Network

from bdd.containers.cleanup import RECORDER
from bdd.containers.engine import COMPOSE_PROJECT, ContainersError, environment_of, published_address, service_name
from bdd.containers.inspection import full_name, how_it_ended, with_log

_SERVICE_PORT = 8001
_ADVERTISED = ("KAFKA_ADVERTISED_LISTENERS", "KAFKA_CFG_ADVERTISED_LISTENERS")
_ONLY_ITSELF = {"localhost", "127.0.0.1", "0.0.0.0", "::1", ""}  # noqa: S104 - names, not an address to listen on
_CONNECT_SECONDS = 2.0
_PRESENT = {"running", "paused"}


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
class Platform:
    """A platform in containers.

    Attributes:
        containers: its running containers.
        network: the network of the broker's clients.
        broker: the (first) container of Kafka.
        service: the container of the patient service.
        bootstrap_servers: Kafka's address inside the network.
        api_url: the patient service's address from this machine.
    """

    containers: Sequence[Container]
    network: Network
    broker: Container
    service: Container
    bootstrap_servers: str
    api_url: str


def find_platform(client: DockerClient, *, project: str | None = None, network: str | None = None) -> Platform:
    """Return the platform of a Docker Compose project, or the one on a network.

    Args:
        client: the engine's.
        project: the project's name.
        network: the network's name, where there is no project.

    Raises:
        PlatformNotFound: nothing runs there, or the broker or the service cannot be identified.
    """
    there = _of_project(client, project) if project else _on_network(client, network or "")
    broker = _running(_broker_among(there))
    service = _running(_service_among([each for each in there if each is not broker]))
    containers = [each for each in there if each.status == "running"]
    joined = client.networks.get(network) if network else _network_of(client, broker)
    return Platform(
        containers=containers,
        network=joined,
        broker=broker,
        service=service,
        bootstrap_servers=bootstrap_servers(broker),
        api_url=_api_url(service, joined),
    )


def containers_of(
    client: DockerClient, *, project: str | None = None, network: str | None = None
) -> list[Container]:
    """Return the containers of a Docker Compose project, or those on a network, ended ones too, by name.

    Args:
        client: the engine's.
        project: the project's name.
        network: the network's name, where there is no project.
    """
    by = {"label": f"{COMPOSE_PROJECT}={project}"} if project else {"network": network or ""}
    found = client.containers.list(all=True, filters=dict(by), ignore_removed=True)
    return sorted(found, key=lambda each: str(each.name))


def running_projects(client: DockerClient) -> list[str]:
    """Return the names of the Docker Compose projects that run."""
    running = client.containers.list(filters={"label": COMPOSE_PROJECT}, ignore_removed=True)
    return sorted({container.labels[COMPOSE_PROJECT] for container in running})


def advertised_listeners(broker: Container) -> dict[str, str]:
    """Return the listeners that the container's settings advertise: name -> host:port."""
    variables = environment_of(broker)
    text = next((variables[name] for name in _ADVERTISED if name in variables), "")
    listeners = (listener.strip().partition("://") for listener in text.split(",") if listener.strip())
    return {name: address for name, _, address in listeners}


def bootstrap_servers(broker: Container) -> str:
    """Return the advertised address that is valid inside the network.

    Raises:
        PlatformNotFound: the broker advertises itself as localhost only, which is itself in every container.
    """
    advertised = advertised_listeners(broker)
    inside = [address for address in advertised.values() if address.rpartition(":")[0] not in _ONLY_ITSELF]
    if inside:
        return inside[0]
    if advertised:
        raise PlatformNotFound(
            f"{service_name(broker)} advertises itself as {', '.join(advertised.values())} only: in "
            "any other container of its network that is the container itself. Give it a second listener: "
            f"KAFKA_ADVERTISED_LISTENERS: INTERNAL://{service_name(broker)}:9092,EXTERNAL://localhost:<port>"
        )
    return f"{service_name(broker)}:9092"


def address_from_here(broker: Container) -> str | None:
    """Return the address at which a client on this machine would connect to the broker.

    It is the listener advertised for this machine, or else a published port, or None.
    """
    for address in advertised_listeners(broker).values():
        if address.rpartition(":")[0] in _ONLY_ITSELF:
            return address
    for port in _ports(broker):
        if port.endswith("/tcp") and (place := published_address(broker, int(port.removesuffix("/tcp")))):
            return f"{place[0]}:{place[1]}"
    return None


def _of_project(client: DockerClient, project: str) -> list[Container]:
    found = containers_of(client, project=project)
    if not any(each.status in _PRESENT for each in found):
        there = ", ".join(running_projects(client)) or "none"
        raise PlatformNotFound(
            f"No container of the Docker Compose project {project} runs; projects that run: {there}. "
            "`docker compose ls --all` shows those that have ended too"
        )
    return found


def _on_network(client: DockerClient, network: str) -> list[Container]:
    try:
        found = client.networks.get(network)
    except NotFound:
        there = ", ".join(sorted(str(each.name) for each in client.networks.list()))
        raise PlatformNotFound(f"There is no Docker network {network}; there are: {there}") from None
    containers = [each for each in containers_of(client, network=found.name) if each.status in _PRESENT]
    if not containers:
        raise PlatformNotFound(f"No container runs on the Docker network {network}: start the platform first")
    return containers


def _running(container: Container) -> Container:
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


def _broker_among(containers: Sequence[Container]) -> Container:
    others = [each for each in containers if RECORDER not in each.labels]
    brokers = [each for each in others if advertised_listeners(each)]
    brokers = brokers or [each for each in others if "kafka" in str(each.attrs["Config"]["Image"])]
    if not brokers:
        raise PlatformNotFound(
            f"None of these containers looks like Kafka: {_names(containers)}. It is known by its image or by "
            "KAFKA_ADVERTISED_LISTENERS"
        )
    return min(brokers, key=lambda each: str(each.name))


def _service_among(containers: Sequence[Container]) -> Container:
    others = [each for each in containers if RECORDER not in each.labels]
    services = [each for each in others if "patient" in service_name(each) and "service" in service_name(each)]
    services = services or [each for each in others if f"{_SERVICE_PORT}/tcp" in _ports(each)]
    if len(services) != 1:
        raise PlatformNotFound(
            f"{len(services)} of these containers look like the patient service: {_names(containers)}. It is "
            f"known by its name (patient-service) or its port {_SERVICE_PORT}"
        )
    return services[0]


def _network_of(client: DockerClient, broker: Container) -> Network:
    names = list(broker.attrs["NetworkSettings"]["Networks"])
    if not names or names[0] in {"none", "host"}:
        raise PlatformNotFound(f"{service_name(broker)} is on no network that a recorder could join: {names}")
    return client.networks.get(names[0])


def _api_url(service: Container, network: Network) -> str:
    """Return the address of the published port, or else the container's own if this machine routes to it."""
    ports = [int(port.removesuffix("/tcp")) for port in _ports(service) if port.endswith("/tcp")]
    port = _SERVICE_PORT if _SERVICE_PORT in ports or not ports else ports[0]
    own = service.attrs["NetworkSettings"]["Networks"].get(str(network.name), {}).get("IPAddress")
    places = [published_address(service, port), (own, port) if own else None]
    for place in places:
        if place and _connects(place):
            return f"http://{place[0]}:{place[1]}"
    raise PlatformNotFound(
        f"{service_name(service)} cannot be reached from here: its port {port} is not published, or nothing "
        f'listens there. Publish it (ports: ["127.0.0.1::{port}"]), and see its log: docker logs {service.name}'
    )


def _connects(place: tuple[str, int]) -> bool:
    try:
        socket.create_connection(place, timeout=_CONNECT_SECONDS).close()
    except OSError:
        return False
    return True


def _ports(container: Container) -> list[str]:
    exposed = container.attrs["Config"].get("ExposedPorts") or {}
    return [*(container.attrs["NetworkSettings"].get("Ports") or {}), *exposed]


def _names(containers: Sequence[Container]) -> str:
    return ", ".join(sorted(service_name(container) for container in containers)) or "none"
