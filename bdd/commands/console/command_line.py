"""The ready `docker run …` that watches a platform's events from inside its network, by Kafka's own tool."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from docker.client import DockerClient

from bdd.containers.cleanup import OWNER
from bdd.containers.discovery import Platform, PlatformNotFound, find_platform, running_projects
from bdd.containers.engine import COMPOSE_PROJECT

if TYPE_CHECKING:
    from docker.models.containers import Container

_IMAGE = "apache/kafka:4.3.1"
_SCRIPT = "/opt/kafka/bin/kafka-console-consumer.sh"
_SHOWN = ("timestamp", "partition", "offset", "key")
_NEW_NAME_SINCE = (4, 2)  # of the option for what is shown; until then it was --property
_START_ONE = (
    "No platform runs in Docker. Start one:\n"
    "  docker compose up -d                                  (in the platform's own repository), or\n"
    "  behave features/ -D stack=compose -D keep=yes         (the suite's; it stays up)"
)


def find_running_platform(client: DockerClient, project: str | None) -> tuple[str, Platform]:
    """Return the platform of a project, or the only one that runs; those of runs of the suite come and go.

    Raises:
        PlatformNotFound: there is none, or more than one; the sentence says what to do.
    """
    if project is not None:
        return project, find_platform(client, project=project)
    found: dict[str, Platform] = {}
    reasons: list[str] = []
    for name in running_projects(client):
        if _belongs_to_a_run(client, name):
            continue
        try:
            found[name] = find_platform(client, project=name)
        except PlatformNotFound as error:
            reasons.append(f"  {name}: {error}")
    if len(found) == 1:
        return next(iter(found.items()))
    if found:
        raise PlatformNotFound(f"Several platforms run: {', '.join(found)}. Choose one: --project NAME")
    others = ["Projects that run, and why they are none:", *reasons] if reasons else []
    raise PlatformNotFound("\n".join([_START_ONE, *others]))


def console_consumer(platform: Platform, topics: Sequence[str], *, terminal: bool) -> list[str]:
    """Return the command. It shows what is published from now on.

    Args:
        platform: where to look.
        topics: those to show.
        terminal: whether it will run in one, so that Ctrl-C reaches the tool.
    """
    image, command = tool(platform, topics)
    return [
        *("docker", "run", "--rm", "--init"),
        *(["-it"] if terminal else []),
        *("--network", str(platform.network.name)),
        *(image, *command),
    ]


def tool(platform: Platform, topics: Sequence[str]) -> tuple[str, list[str]]:
    """Return the image that has Kafka's tool, and the tool's command there."""
    image = str(platform.broker.attrs["Config"]["Image"])
    if not image.startswith("apache/kafka:"):
        image = _IMAGE
    shown = [part for name in _SHOWN for part in (_option(image), f"print.{name}=true")]
    return image, [
        *(_SCRIPT, "--bootstrap-server", platform.bootstrap_servers),
        *("--include", "|".join(name.replace(".", r"\.") for name in topics)),
        *shown,
    ]


def _option(image: str) -> str:
    numbers = tuple(map(int, re.findall(r"\d+", image.rpartition(":")[2])[:2]))
    return "--property" if numbers and numbers < _NEW_NAME_SINCE else "--formatter-property"


def _belongs_to_a_run(client: DockerClient, project: str) -> bool:
    containers: list[Container] = client.containers.list(
        filters={"label": f"{COMPOSE_PROJECT}={project}"}, ignore_removed=True
    )
    return any(container.labels.get(OWNER) for container in containers)
