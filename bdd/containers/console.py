"""Kafka's own console consumer, run in the network of a platform to show its records."""

import os
import re
import select
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress

from docker.client import DockerClient
from docker.errors import APIError
from docker.models.containers import Container

from bdd.containers.cleanup import OWNER, RECORDER, labels
from bdd.containers.discovery import Platform, PlatformNotFound, containers_of, find_platform, running_projects
from bdd.containers.engine import ContainersError
from bdd.containers.images import has_image
from bdd.system.processes import signals_wait
from bdd.system.signals import ignore_signals, signals_raise_interrupt

_IMAGE = "apache/kafka:4.3.1"
_SCRIPT = "/opt/kafka/bin/kafka-console-consumer.sh"
_SHOWN = ("timestamp", "partition", "offset", "key")
_NEW_NAME_SINCE = (4, 2)  # of the option for what is shown; until then it was --property
_START_ONE = (
    "No platform runs in Docker. Start one:\n"
    "  docker compose up -d                                  (in the platform's own repository), or\n"
    "  behave features/ -D stack=compose -D keep=yes         (the suite's; it stays up)"
)


class CannotRun(ContainersError):
    """The tool cannot be run; the sentence says what to do."""


def find_running_platform(client: DockerClient, project: str | None) -> tuple[str, Platform]:
    """Return the platform of a project, or the only one that runs and belongs to no run of the suite.

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


def run_console(client: DockerClient, platform: Platform, topics: Sequence[str], run_id: str) -> int:
    """Show what is published from now on; return the exit code.

    It ends with the tool, at a signal, or when nobody reads its stdout any more.

    Args:
        client: the engine's.
        platform: where to look.
        topics: those to show.
        run_id: the container's label: if this process is killed, `stack prune` removes the container.

    Raises:
        CannotRun: the tool's image cannot be fetched.
    """
    with signals_raise_interrupt():
        image, command = tool(platform, topics)
        _fetch(client, image)
        with signals_wait():  # between its creation and its name here it would be left behind
            container: Container = client.containers.create(
                image,
                command,
                name=f"acceptance-{run_id}-console",
                labels={**labels(run_id), RECORDER: "yes"},
                network=str(platform.network.name),
                init=True,
            )
        try:
            return _shown(container)
        finally:
            ignore_signals()
            _remove(container)


def _shown(container: Container) -> int:
    parts = container.attach(stream=True, demux=True)
    container.start()
    # Without a new event nothing is written that would show the reader's absence: the thread notices it.
    reader_gone = threading.Event()
    threading.Thread(target=_await_no_reader, args=(container, reader_gone), daemon=True).start()
    try:
        for out, err in parts:
            _write(sys.stdout.fileno(), out)
            _write(sys.stderr.fileno(), err)
    except (BrokenPipeError, KeyboardInterrupt):
        return 0
    return 0 if reader_gone.is_set() else int(container.wait()["StatusCode"])


def _write(place: int, text: bytes | None) -> None:
    """Write unbuffered: a buffer would be written when Python ends, which complains where nobody reads."""
    left = text or b""
    while left:
        left = left[os.write(place, left) :]


def _await_no_reader(container: Container, reader_gone: threading.Event) -> None:
    try:
        poll = select.poll()
        poll.register(sys.stdout.fileno(), 0)  # no event to wait for: a closed end is reported in any case
    except (AttributeError, OSError):  # Windows has no poll
        return
    poll.poll()
    reader_gone.set()
    _remove(container)


def _remove(container: Container) -> None:
    with suppress(APIError):  # it is gone, or just being removed
        container.remove(force=True, v=True)


def _fetch(client: DockerClient, image: str) -> None:
    if has_image(client, image):
        return
    try:
        subprocess.run(["docker", "pull", image], stdout=sys.stderr, check=True)  # noqa: S603, S607 - fixed
    except (OSError, subprocess.CalledProcessError) as error:
        raise CannotRun(
            f"The image {image} is not here and cannot be fetched. Next: docker pull {image}"
        ) from error


def _option(image: str) -> str:
    numbers = tuple(map(int, re.findall(r"\d+", image.rpartition(":")[2])[:2]))
    return "--property" if numbers and numbers < _NEW_NAME_SINCE else "--formatter-property"


def _belongs_to_a_run(client: DockerClient, project: str) -> bool:
    return any(container.labels.get(OWNER) for container in containers_of(client, project=project))
