"""What is made of containers: whose they are, which is the broker, and what Compose's errors mean."""

import json
import os
import socket
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from docker.models.containers import Container

from bdd.containers import discovery as platform
from bdd.containers.cleanup import Leftover, labels, owner_of_this_run
from bdd.containers.compose import Compose, ComposeFailed
from bdd.containers.discovery import PlatformNotFound, bootstrap_servers
from bdd.containers.engine import published_address


def container(name: str, *environment: str, image: str = "image", ports: dict[str, Any] | None = None) -> Container:
    attributes = {
        "Name": f"/{name}-1",
        "Config": {
            "Env": list(environment),
            "Image": image,
            "Labels": {"com.docker.compose.service": name},
            "ExposedPorts": {},
        },
        "NetworkSettings": {"Ports": ports or {}, "Networks": {}},
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
    ("variables", "inside"),
    [
        (["KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://kafka:9092"], "kafka:9092"),
        (["KAFKA_ADVERTISED_LISTENERS=EXTERNAL://localhost:29092, INTERNAL://kafka:9092"], "kafka:9092"),
        (["KAFKA_CFG_ADVERTISED_LISTENERS=A://broker.local:19092"], "broker.local:19092"),
        ([], "kafka:9092"),
    ],
)
def test_the_address_that_holds_inside_the_network_is_taken(variables: list[str], inside: str) -> None:
    assert bootstrap_servers(container("kafka", *variables)) == inside


def test_a_broker_that_only_advertises_localhost_is_refused_with_the_solution() -> None:
    with pytest.raises(PlatformNotFound, match=r"INTERNAL://kafka:9092,EXTERNAL://localhost:<port>"):
        bootstrap_servers(container("kafka", "KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://localhost:9092"))


def test_the_broker_is_known_by_its_settings_or_its_image() -> None:
    by_settings = container("events", "KAFKA_ADVERTISED_LISTENERS=A://events:9092")
    by_image = container("bus", image="apache/kafka:4.3.1")
    other = container("kafka-ui")
    assert platform._broker_among([other, by_image, by_settings]) is by_settings
    assert platform._broker_among([other, by_image]) is by_image
    with pytest.raises(PlatformNotFound, match="kafka-ui"):
        platform._broker_among([other])


def test_the_patient_service_is_known_by_its_name_or_its_port() -> None:
    by_name, by_port = container("patient_service"), container("api", ports={"8001/tcp": None})
    assert platform._service_among([container("postgres"), by_name, by_port]) is by_name
    assert platform._service_among([container("postgres"), by_port]) is by_port
    with pytest.raises(PlatformNotFound, match="0 of these containers look like the patient service: postgres"):
        platform._service_among([container("postgres")])


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
        platform._running(Stopped(state, log))
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
