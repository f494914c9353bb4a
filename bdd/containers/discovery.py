"""Finds a platform among the running containers: its network, its broker and its services."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from docker.client import DockerClient
from docker.errors import NotFound
from docker.models.containers import Container
from docker.models.networks import Network

from bdd.containers.cleanup import RECORDER
from bdd.containers.engine import COMPOSE_PROJECT, environment_of, published_address, service_name
from bdd.containers.services import (
    FoundService,
    PlatformNotFound,
    exposed_ports,
    find_services,
    named,
    names,
    running,
)
from bdd.settings.settings import Settings

_ADVERTISED = ("KAFKA_ADVERTISED_LISTENERS", "KAFKA_CFG_ADVERTISED_LISTENERS")
_CLUSTER = [
    f"{prefix}{name}"
    for name in ("CONTROLLER_QUORUM_VOTERS", "CONTROLLER_QUORUM_BOOTSTRAP_SERVERS", "ZOOKEEPER_CONNECT")
    for prefix in ("KAFKA_", "KAFKA_CFG_")
]
_ONLY_ITSELF = {"localhost", "127.0.0.1", "0.0.0.0", "::1", ""}  # noqa: S104 - names, not an address to listen on
_OF_THE_HOST = "host.docker.internal"
_PRESENT = {"running", "paused"}


@dataclass(frozen=True)
class FoundBroker:
    """The broker of a platform in containers.

    Attributes:
        there: all containers of the platform, also those that have ended.
        broker: the (first) container of Kafka.
        network: the network of the broker's clients.
        bootstrap_servers: Kafka's address inside the network.
    """

    there: Sequence[Container]
    broker: Container
    network: Network
    bootstrap_servers: str


@dataclass(frozen=True)
class Platform(FoundBroker):
    """A platform in containers.

    Attributes:
        services: those that were found: name -> service.
        absent: those that were not: name -> why.
    """

    services: Mapping[str, FoundService]
    absent: Mapping[str, str]

    @property
    def containers(self) -> Sequence[Container]:
        """The containers that run."""
        return [each for each in self.there if each.status == "running"]


def find_broker(
    client: DockerClient, *, project: str | None = None, network: str | None = None, broker: str | None = None
) -> FoundBroker:
    """Return the broker of a Docker Compose project, or the one on a network.

    Args:
        client: the engine's.
        project: the project's name.
        network: the network's name, where there is no project.
        broker: the name of the broker's container or Compose service, where there are several.

    Raises:
        PlatformNotFound: nothing runs there, or the broker cannot be identified.
    """
    there = _of_project(client, project) if project else _on_network(client, network or "")
    found = running(_broker_among(there, broker))
    joined = client.networks.get(network) if network else _network_of(client, found)
    return FoundBroker(there, found, joined, bootstrap_servers(found, str(joined.name)))


def find_platform(client: DockerClient, settings: Settings) -> Platform:
    """Return the platform of the Docker Compose project, or the one on the network, that the settings name.

    Args:
        client: the engine's.
        settings: those of the attached stack; where several containers look like a service, or like the broker,
            they choose one.

    Raises:
        PlatformNotFound: nothing runs there, or the broker or a service cannot be identified.
    """
    found = find_broker(client, project=settings.project, network=settings.network, broker=settings.broker)
    brokers = _brokers_among(found.there)
    others = [each for each in found.there if each not in brokers]
    services, absent = find_services(others, str(found.network.name), settings)
    return Platform(found.there, found.broker, found.network, found.bootstrap_servers, services, absent)


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


def bootstrap_servers(broker: Container, network: str = "") -> str:
    """Return the advertised address that is valid inside the network.

    It is one whose host is a name of the broker there. Where none is, it is the first that leads neither to the
    container itself nor to the machine of the engine.

    Args:
        broker: the broker's container.
        network: the network's name.

    Raises:
        PlatformNotFound: the broker advertises itself as localhost only, which is itself in every container.
    """
    advertised = advertised_listeners(broker)
    hosts = {address: address.rpartition(":")[0].strip("[]") for address in advertised.values()}
    own_names = _names_on(broker, network)
    inside = [address for address, host in hosts.items() if host in own_names]
    inside += [address for address, host in hosts.items() if host not in {*_ONLY_ITSELF, _OF_THE_HOST}]
    inside += [address for address, host in hosts.items() if host == _OF_THE_HOST]
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
    for port in exposed_ports(broker):
        if place := published_address(broker, port):
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


def _broker_among(containers: Sequence[Container], chosen: str | None) -> Container:
    if chosen:
        return named(chosen, containers, "broker", _brokers_among(containers))
    brokers = _brokers_among(containers)
    if not brokers:
        raise PlatformNotFound(
            f"None of these containers looks like Kafka: {names(containers)}. It is known by its image or by "
            "KAFKA_ADVERTISED_LISTENERS. Choose one: -D broker=NAME"
        )
    clusters = {_cluster_of(broker) for broker in brokers}
    if len(clusters) > 1:
        raise PlatformNotFound(
            f"{len(brokers)} of these containers are brokers, and not of one cluster: {names(brokers)}. "
            "Choose one: -D broker=NAME"
        )
    return min(brokers, key=lambda each: str(each.name))


def _brokers_among(containers: Sequence[Container]) -> Sequence[Container]:
    others = [each for each in containers if RECORDER not in each.labels]
    by_settings = [each for each in others if advertised_listeners(each)]
    return by_settings or [each for each in others if "kafka" in str(each.attrs["Config"]["Image"])]


def _cluster_of(broker: Container) -> str:
    """What the brokers of one cluster have in common; a broker that is alone has its own."""
    variables = environment_of(broker)
    given = next((variables[name] for name in _CLUSTER if name in variables), "")
    alone = "," not in given and "localhost" in given  # a quorum of itself
    return str(broker.name) if alone or not given else given


def _names_on(broker: Container, network: str) -> set[str]:
    """By what names the containers on a network know the broker."""
    place = broker.attrs["NetworkSettings"]["Networks"].get(network, {})
    known = [*(place.get("Aliases") or ()), *(place.get("DNSNames") or ()), place.get("IPAddress")]
    return {name for name in (*known, service_name(broker), str(broker.name)) if name}


def _network_of(client: DockerClient, broker: Container) -> Network:
    names = list(broker.attrs["NetworkSettings"]["Networks"])
    if not names or names[0] in {"none", "host"}:
        raise PlatformNotFound(f"{service_name(broker)} is on no network that a recorder could join: {names}")
    return client.networks.get(names[0])
