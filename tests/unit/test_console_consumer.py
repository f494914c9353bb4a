"""Which platform is watched from inside its network, and by which command."""

from types import SimpleNamespace
from typing import Any

import pytest

from bdd.containers import console
from bdd.containers.cleanup import OWNER
from bdd.containers.console import console_consumer, find_running_platform
from bdd.containers.discovery import PlatformNotFound, address_from_here


def platform(image: str = "apache/kafka:4.3.1") -> Any:
    broker = SimpleNamespace(attrs={"Config": {"Image": image}}, name="theirs-kafka-1")
    return SimpleNamespace(
        broker=broker, network=SimpleNamespace(name="theirs_default"), bootstrap_servers="kafka:9092"
    )


def command(image: str = "apache/kafka:4.3.1", *, terminal: bool = False) -> str:
    return " ".join(console_consumer(platform(image), ["patient-events", "a.b"], terminal=terminal))


def test_the_command_has_network_broker_topics_and_what_is_shown() -> None:
    told = command()
    assert told.startswith("docker run --rm --init --network theirs_default apache/kafka:4.3.1 /opt/kafka/bin/")
    assert "--bootstrap-server kafka:9092 --include patient-events|a\\.b " in told
    for what in ("timestamp", "partition", "offset", "key"):
        assert f"--formatter-property print.{what}=true" in told


def test_a_terminal_is_asked_for_only_where_there_is_one() -> None:
    assert " -it " in command(terminal=True)
    assert " -it " not in command()


@pytest.mark.parametrize(
    ("image", "used", "option"),
    [
        ("apache/kafka:4.3.1", "apache/kafka:4.3.1", "--formatter-property"),
        ("apache/kafka:latest", "apache/kafka:latest", "--formatter-property"),
        ("apache/kafka:3.9.0", "apache/kafka:3.9.0", "--property"),
        ("confluentinc/cp-kafka:7.9.0", "apache/kafka:4.3.1", "--formatter-property"),
    ],
)
def test_the_tool_is_the_brokers_own_where_its_place_is_known(image: str, used: str, option: str) -> None:
    told = command(image)
    assert f" {used} /opt/kafka/bin/" in told
    assert f" {option} print.key=true" in told


@pytest.fixture
def projects(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Project -> who owns its containers; `broken` has no broker."""
    there: dict[str, str] = {}

    def find(_client: object, *, project: str) -> Any:
        if project not in there or project.startswith("broken"):
            raise PlatformNotFound(f"{project} has no broker")
        return platform()

    monkeypatch.setattr(console, "running_projects", lambda _client: sorted(there))
    monkeypatch.setattr(console, "find_platform", find)
    return there


def client(there: dict[str, str]) -> Any:
    def containers(*, filters: dict[str, str], **_: object) -> list[Any]:
        project = filters["label"].partition("=")[2]
        return [SimpleNamespace(name=project, labels={OWNER: there[project]})]

    return SimpleNamespace(containers=SimpleNamespace(list=containers))


def test_the_only_platform_is_taken(projects: dict[str, str]) -> None:
    projects |= {"theirs": "", "acceptance-of-a-run": "machine/1@2", "broken": ""}
    assert find_running_platform(client(projects), None)[0] == "theirs"


def test_a_named_one_is_taken_whosever_it_is(projects: dict[str, str]) -> None:
    projects |= {"theirs": "", "acceptance-of-a-run": "machine/1@2"}
    assert find_running_platform(client(projects), "acceptance-of-a-run")[0] == "acceptance-of-a-run"


def test_several_have_to_be_chosen_from(projects: dict[str, str]) -> None:
    projects |= {"one": "", "two": ""}
    with pytest.raises(PlatformNotFound, match=r"one, two\. Choose one: --project NAME"):
        find_running_platform(client(projects), None)


def test_without_one_it_is_said_what_to_start_and_why_others_are_none(projects: dict[str, str]) -> None:
    projects |= {"broken": ""}
    with pytest.raises(PlatformNotFound) as told:
        find_running_platform(client(projects), None)
    assert "behave features/ -D stack=compose -D keep=yes" in str(told.value)
    assert "broken: broken has no broker" in str(told.value)


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
