"""What is made of containers: whose they are, which is the broker, and what Compose's errors mean."""

import json
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from docker.models.containers import Container

from bdd.containers import discovery
from bdd.containers.cleanup import Leftover, labels, owner_of_this_run
from bdd.containers.compose import Compose, ComposeFailed
from bdd.containers.discovery import bootstrap_servers
from bdd.containers.engine import published_address
from bdd.containers.services import FoundService, PlatformNotFound, find_services, running
from bdd.domain.resources import short_names
from bdd.settings.settings import load_settings


def container(
    name: str,
    *environment: str,
    image: str = "image",
    ports: dict[str, Any] | None = None,
    exposed: tuple[int, ...] = (),
    aliases: tuple[str, ...] = (),
) -> Container:
    attributes = {
        "Name": f"/{name}-1",
        "State": {"Status": "running"},
        "Config": {
            "Env": list(environment),
            "Image": image,
            "Labels": {"com.docker.compose.service": name},
            "ExposedPorts": {f"{port}/tcp": {} for port in exposed},
        },
        "NetworkSettings": {"Ports": ports or {}, "Networks": {"net": {"Aliases": list(aliases)}}},
    }
    return Container(attrs=attributes)


HOST = socket.gethostname()
NOBODY = next(number for number in range(100_000, 4_000_000) if not psutil.pid_exists(number))


@pytest.mark.parametrize(
    ("owner", "state"),
    [
        (owner_of_this_run(), f"in use by {HOST}/{os.getpid()}"),
        (f"{HOST}/{NOBODY}@1.00", "abandoned"),
        (f"{HOST}/{os.getpid()}@1.00", "abandoned"),  # a later process with the same number
        ("another-machine/1@1.00", "in use by another-machine/1"),
        ("", "kept, or started by hand"),
    ],
)
def test_what_a_process_owned_that_has_ended_is_abandoned(owner: str, state: str) -> None:
    assert Leftover("run", owner=owner).state == state
    assert Leftover("run", owner=owner).is_abandoned is (state == "abandoned")


def test_what_is_to_be_kept_has_no_owner() -> None:
    assert labels("run", keep=True)["acceptance.owner"] == ""
    assert labels("run")["acceptance.owner"] == owner_of_this_run()


@pytest.mark.parametrize(
    ("advertised", "inside"),
    [
        ("KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://kafka:9092", "kafka:9092"),
        ("KAFKA_ADVERTISED_LISTENERS=EXTERNAL://localhost:29092, INTERNAL://kafka:9092", "kafka:9092"),
        (
            "KAFKA_ADVERTISED_LISTENERS=E://localhost:1,DOCKER://host.docker.internal:2,INTERNAL://kafka:9092",
            "kafka:9092",
        ),
        ("KAFKA_ADVERTISED_LISTENERS=A://elsewhere.example:1,B://events.local:9092", "events.local:9092"),
        ("KAFKA_ADVERTISED_LISTENERS=A://localhost:1,B://host.docker.internal:2,C://by-dns:9092", "by-dns:9092"),
        ("KAFKA_ADVERTISED_LISTENERS=A://localhost:1,B://host.docker.internal:2", "host.docker.internal:2"),
        ("KAFKA_CFG_ADVERTISED_LISTENERS=A://broker.local:19092", "broker.local:19092"),
        ("UNRELATED=1", "kafka:9092"),
    ],
)
def test_the_address_that_is_valid_inside_the_network_is_taken(advertised: str, inside: str) -> None:
    broker = container("kafka", advertised, aliases=("events.local",))
    assert bootstrap_servers(broker, "net") == inside


def test_a_broker_that_only_advertises_localhost_is_refused_with_the_solution() -> None:
    with pytest.raises(PlatformNotFound, match=r"INTERNAL://kafka:9092,EXTERNAL://localhost:<port>"):
        bootstrap_servers(container("kafka", "KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://localhost:9092"))


def test_the_broker_is_known_by_its_settings_or_its_image() -> None:
    by_settings = container("events", "KAFKA_ADVERTISED_LISTENERS=A://events:9092")
    by_image = container("bus", image="apache/kafka:4.3.1")
    other = container("kafka-ui")
    assert discovery._broker_among([other, by_image, by_settings], None) is by_settings
    assert discovery._broker_among([other, by_image], None) is by_image
    assert discovery._broker_among([other, by_image, by_settings], "bus") is by_image
    with pytest.raises(PlatformNotFound, match=r"kafka-ui.*Choose one: -D broker=NAME$"):
        discovery._broker_among([other], None)
    with pytest.raises(PlatformNotFound, match=r"No container is called x \(-D broker=x\); there are: bus$"):
        discovery._broker_among([other, by_image], "x")


@pytest.mark.parametrize(
    ("voters", "found"),
    [
        (["1@one:9093,2@two:9093", "1@one:9093,2@two:9093"], "one"),
        (["1@controller:9093", "1@controller:9093"], "one"),
        (["controller:9093", "controller:9093"], "one"),
        (
            ["1@localhost:9093", "1@localhost:9093"],
            "are brokers, and not of one cluster: one, two. Choose one: -D b",
        ),
        (["1@one:9093", "1@two:9093"], "are brokers, and not of one cluster"),
        ([None, None], "are brokers, and not of one cluster"),
    ],
)
def test_of_one_cluster_the_first_broker_is_taken_and_of_several_none(voters: list[str | None], found: str) -> None:
    brokers = [
        container(
            name,
            f"KAFKA_ADVERTISED_LISTENERS=A://{name}:9092",
            *([f"KAFKA_CONTROLLER_QUORUM_VOTERS={each}"] if each else []),
        )
        for name, each in zip(("one", "two"), voters, strict=True)
    ]
    if found == "one":
        assert discovery._broker_among(brokers[::-1], None) is brokers[0]
    else:
        with pytest.raises(PlatformNotFound, match=found):
            discovery._broker_among(brokers, None)


POSTGRES = container("postgres", image="postgres:15", ports={"8001/tcp": None})


@pytest.fixture
def open_port() -> Iterator[int]:
    """A port of this machine on which something listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


def published(port: int, inside: int) -> dict[str, Any]:
    return {f"{inside}/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(port)}]}


def patients_among(*containers: Container, **settings: str) -> FoundService:
    known = load_settings({"stack": "attached", "project": "p", **settings}, services=short_names())
    found, _ = find_services(containers, "net", known)
    return found["patient-service"]


def test_a_service_is_known_by_its_name_or_its_port_or_chosen(open_port: int) -> None:
    ports = published(open_port, 8001)
    by_name, by_port = container("patient_service", ports=ports), container("api", ports=ports)
    alike = container("my-patient-service-1", ports=ports)
    assert patients_among(POSTGRES, by_port, alike, by_name).container is by_name
    assert patients_among(POSTGRES, by_port, alike).container is alike
    assert patients_among(POSTGRES, by_port).container is by_port
    assert patients_among(POSTGRES, by_port, by_name, service="api").container is by_port
    assert patients_among(POSTGRES, by_port, by_name, service="api-1").container is by_port


def test_the_settings_that_choose_are_named_where_no_container_or_several_look_like_a_service() -> None:
    with pytest.raises(PlatformNotFound) as none:
        patients_among(POSTGRES, container("web", exposed=(80,)))
    assert str(none.value) == (
        "none of these containers looks like the patient-service: web. It is known by its name or its port 8001; "
        "-D service=NAME chooses one, -D port=PORT says where it listens"
    )
    one, two = container("patient-service-a"), container("patient-service-b")
    with pytest.raises(PlatformNotFound) as several:
        patients_among(one, two)
    assert str(several.value) == (
        "2 of these containers look like the patient-service: patient-service-a-1, patient-service-b-1. "
        "Choose one: -D service=NAME"
    )


def both_among(*containers: Container, **settings: str) -> dict[str, str]:
    known = load_settings({"stack": "attached", "project": "p", **settings}, services=short_names())
    found, absent = find_services(containers, "net", known)
    assert found.keys() | absent.keys() == {"patient-service", "therapist-service"}
    return {name: str(service.container.name) for name, service in found.items()}


def test_no_container_is_two_services_unless_the_settings_say_so(open_port: int) -> None:
    ports = published(open_port, 8001) | published(open_port, 8002)
    gateway, api = container("gateway", ports=ports), container("api", ports=published(open_port, 8001))
    named, other = container("patient-service", ports=ports), container("therapist-api", ports=ports)
    both = container("patient-therapist-service", ports=ports)
    assert both_among(named) == {"patient-service": "patient-service-1"}
    assert both_among(api, gateway) == {"patient-service": "api-1"}
    assert both_among(api, both) == {"patient-service": "api-1"}
    assert both_among(named, other)["patient-service"] == "patient-service-1"
    assert both_among(gateway, api, service="gateway") == {"patient-service": "gateway-1"}
    two = both_among(gateway, service="gateway", therapist_service="gateway")
    assert two == dict.fromkeys(["patient-service", "therapist-service"], "gateway-1")
    images = [container(name, ports=published(open_port, 8001), exposed=(8001, 8002)) for name in ("a", "b")]
    assert both_among(*images, service="a") == {"patient-service": "a-1"}


def test_a_name_counts_more_than_what_an_image_is_called(open_port: int) -> None:
    ports = published(open_port, 8001)
    service = container("patient-service", ports=ports, image="registry/kafka/patients-on-kafka:1")
    assert patients_among(POSTGRES, service).container is service
    with pytest.raises(PlatformNotFound, match=r"No container is called nope \(-D service=nope\); there are: web$"):
        patients_among(POSTGRES, container("web"), service="nope")


def test_a_service_is_reached_on_the_port_on_which_it_listens(open_port: int) -> None:
    """Its image may expose another one, or several."""
    other_port = container("patient-service", ports=published(open_port, 8001), exposed=(5000,))
    assert patients_among(other_port).url == f"http://127.0.0.1:{open_port}"
    chosen = container("patient-service", ports=published(open_port, 9000), exposed=(8001, 9000))
    assert patients_among(chosen, port="9000").port == 9000
    with pytest.raises(PlatformNotFound, match=r"port 8001 is not published.*or name another one: -D port=PORT"):
        patients_among(chosen)


class Stopped(Container):
    """A container with a log, in a state."""

    def __init__(self, status: str, log: bytes) -> None:
        state = {"Status": status, "ExitCode": 3, "OOMKilled": False}
        super().__init__(attrs={**container("kafka").attrs, "State": state})
        self._log = log

    def reload(self) -> None:
        pass

    def logs(self, **_options: object) -> Any:
        return self._log


LOG = ["    its last log lines:", "    one", "    two"]


@pytest.mark.parametrize(
    ("state", "log", "how", "command", "lines"),
    [
        ("paused", b"", "is paused", "docker unpause kafka-1", []),
        ("exited", b"one\ntwo\n", "ended with exit code 3", "docker start kafka-1", LOG),
        ("exited", b"", "ended with exit code 3; its log is empty", "docker start kafka-1", []),
        ("created", b"one\ntwo\n", "has never been started", "docker start kafka-1", LOG),
        (
            "restarting",
            b"one\ntwo\n",
            "ended with exit code 3 and is started again",
            "docker logs --follow kafka-1",
            LOG,
        ),
    ],
)
def test_a_container_that_does_not_run_is_reported_with_the_next_step_and_its_log(
    state: str, log: bytes, how: str, command: str, lines: list[str]
) -> None:
    with pytest.raises(PlatformNotFound) as error:
        running(Stopped(state, log))
    expected = [f"the container of kafka (kafka-1) {how}", f"    next: {command}", *lines]
    assert str(error.value).splitlines() == expected
    assert error.value.next_command == command


def test_a_port_that_is_published_everywhere_is_reached_on_loopback() -> None:
    ports = {"8001/tcp": [{"HostIp": "0.0.0.0", "HostPort": "32768"}]}  # noqa: S104 - what the engine says
    assert published_address(container("api", ports=ports), 8001) == ("127.0.0.1", 32768)
    assert published_address(container("api"), 8001) is None


NO_CONTAINERS: Any = SimpleNamespace(containers=SimpleNamespace(list=lambda **_: []))


@pytest.fixture
def docker_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put a `docker` in the path that prints these lines and ends with this code."""

    def prints(lines: list[str], code: int) -> Compose:
        program = tmp_path / "docker"
        program.write_text(
            f"#!{sys.executable}\nimport sys\nsys.stderr.write({chr(10).join(lines)!r})\nsys.exit({code})\n"
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        return Compose(NO_CONTAINERS, "mine", {})

    return prints


def test_progress_is_reported_once_for_each_service_and_status(docker_prints: Any) -> None:
    lines = [
        json.dumps({"id": "Container mine-patient-service-1", "status": status})
        for status in ("Created", "Healthy", "Healthy")
    ]
    reported: list[tuple[str, str]] = []
    docker_prints(["not JSON", *lines], 0).up(["patient-service"], lambda *status: reported.append(status))
    assert reported == [("patient-service", "Created"), ("patient-service", "Healthy")]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("Bind for 127.0.0.1:29092 failed: port is already allocated", "A port is taken: Bind for 127.0.0.1:29092"),
        (
            "pull access denied for nowhere/none",
            "An image is not on this machine and cannot be fetched: pull access",
        ),
        (
            '{"id": "kafka", "text": "Error", "status": "no such host"}',
            "cannot be fetched: kafka: no such host. Fetch",
        ),
        ("write /var/lib: no space left on device", "The disk of the container engine is full: write /var/lib"),
        ("docker: 'compose' is not a docker command.", "This `docker` has no Compose"),
        ("something else", "Docker Compose failed. Its last output:\n    something else"),
    ],
)
def test_an_error_of_compose_is_reported_with_the_next_step(docker_prints: Any, line: str, message: str) -> None:
    with pytest.raises(ComposeFailed) as failed:
        docker_prints([line], 1).up(["kafka"], lambda *_status: None)
    assert message in str(failed.value)


def test_a_missing_docker_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ComposeFailed, match="Is the command `docker` installed"):
        Compose(NO_CONTAINERS, "mine", {}).build(["recorder"], lambda *_status: None)
