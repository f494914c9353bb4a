"""Which platform is watched from inside its network, and by which command."""

from types import SimpleNamespace
from typing import Any

import pytest

from bdd.containers import console
from bdd.containers.cleanup import OWNER
from bdd.containers.console import console_consumer, find_running_platform
from bdd.containers.discovery import address_from_here
from bdd.containers.services import PlatformNotFound


def platform(image: str = "apache/kafka:4.3.1") -> Any:
    broker = SimpleNamespace(attrs={"Config": {"Image": image}}, name="theirs-kafka-1")
    return SimpleNamespace(
        broker=broker, network=SimpleNamespace(name="theirs_default"), bootstrap_servers="kafka:9092"
    )


@pytest.mark.parametrize(
    ("image", "used", "option", "terminal"),
    [
        ("apache/kafka:4.3.1", "apache/kafka:4.3.1", "--formatter-property", False),
        ("apache/kafka:latest", "apache/kafka:latest", "--formatter-property", True),
        ("apache/kafka:3.9.0", "apache/kafka:3.9.0", "--property", False),
        ("confluentinc/cp-kafka:7.9.0", "apache/kafka:4.3.1", "--formatter-property", False),
    ],
)
def test_the_command_has_network_tool_broker_topics_and_what_is_shown(
    image: str, used: str, option: str, terminal: bool
) -> None:
    shown = " ".join(f"{option} print.{name}=true" for name in ("timestamp", "partition", "offset", "key"))
    assert " ".join(console_consumer(platform(image), ["patient-events", "a.b"], terminal=terminal)) == (
        f"docker run --rm --init {'-it ' if terminal else ''}--network theirs_default {used} "
        "/opt/kafka/bin/kafka-console-consumer.sh --bootstrap-server kafka:9092 "
        f"--include patient-events|a\\.b {shown}"
    )


def test_without_a_program_docker_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(
        console.CannotRun, match=r"^The program docker cannot be run: No such file .* on the PATH\?$"
    ):
        console.run_console(client({}), platform(), ["patient-events"], "synthetic")


@pytest.fixture
def projects(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Project -> who owns its containers; `broken` has no broker."""
    there: dict[str, str] = {}

    def find(_client: object, *, project: str) -> Any:
        if project not in there or project.startswith("broken"):
            raise PlatformNotFound(f"{project} has no broker")
        return platform()

    monkeypatch.setattr(console, "running_projects", lambda _client: sorted(there))
    monkeypatch.setattr(console, "find_broker", find)
    return there


def client(there: dict[str, str]) -> Any:
    def containers(*, filters: dict[str, str], **_: object) -> list[Any]:
        project = filters["label"].partition("=")[2]
        return [SimpleNamespace(name=project, labels={OWNER: there[project]})]

    return SimpleNamespace(containers=SimpleNamespace(list=containers))


@pytest.mark.parametrize("name", [None, "acceptance-of-a-run"])
def test_the_only_platform_is_taken_or_the_named_one(projects: dict[str, str], name: str | None) -> None:
    projects |= {"theirs": "", "acceptance-of-a-run": "machine/1@2", "broken": ""}
    assert find_running_platform(client(projects), name)[0] == (name or "theirs")


@pytest.mark.parametrize(
    ("there", "messages"),
    [
        (("one", "two"), ["one, two. Choose one: --project NAME"]),
        (("broken",), ["behave features/ -D stack=compose -D keep=yes", "broken: broken has no broker"]),
    ],
)
def test_the_message_has_the_next_step_where_not_one_platform_runs(
    projects: dict[str, str], there: tuple[str, ...], messages: list[str]
) -> None:
    projects |= dict.fromkeys(there, "")
    with pytest.raises(PlatformNotFound) as raised:
        find_running_platform(client(projects), None)
    assert all(message in str(raised.value) for message in messages)


@pytest.mark.parametrize(
    ("advertised", "published", "address"),
    [
        ("INTERNAL://kafka:9092,EXTERNAL://localhost:19092", {"9092/tcp": None}, "localhost:19092"),
        ("INTERNAL://kafka:9092", {"9092/tcp": [{"HostIp": "127.0.0.1", "HostPort": "40001"}]}, "127.0.0.1:40001"),
        ("INTERNAL://kafka:9092", {"9092/tcp": None}, None),
    ],
)
def test_where_a_client_on_this_machine_would_connect(advertised: str, published: Any, address: str | None) -> None:
    broker: Any = SimpleNamespace(
        attrs={
            "Config": {"Env": [f"KAFKA_ADVERTISED_LISTENERS={advertised}"]},
            "NetworkSettings": {"Ports": published},
        }
    )
    assert address_from_here(broker) == address
