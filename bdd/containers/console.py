"""Kafka's own console consumer, run in the network of a platform to show its records."""

import re
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress

from docker.client import DockerClient

from bdd.containers.cleanup import OWNER, RECORDER, labels, remove_run
from bdd.containers.discovery import FoundBroker, containers_of, find_broker, running_projects
from bdd.containers.engine import ContainersError
from bdd.containers.services import PlatformNotFound
from bdd.system.processes import kill_group, reader_has_gone, signals_wait
from bdd.system.signals import ignore_signals, signals_raise_interrupt

_IMAGE = "apache/kafka:4.3.1"
_SCRIPT = "/opt/kafka/bin/kafka-console-consumer.sh"
_SHOWN = ("timestamp", "partition", "offset", "key")
_NEW_NAME_SINCE = (4, 2)  # of the option for what is shown; until then it was --property
_LOOK_SECONDS = 0.5
_END_SECONDS = 10
_START_ONE = (
    "No platform runs in Docker. Start one:\n"
    "  docker compose up -d                                  (in the platform's own repository), or\n"
    "  behave features/ -D stack=compose -D keep=yes         (the suite's; it stays up)"
)


class CannotRun(ContainersError):
    """The tool cannot be run; the message has the next step."""


def find_running_platform(client: DockerClient, project: str | None) -> tuple[str, FoundBroker]:
    """Return the broker of a project, or of the only one that runs and belongs to no run of the suite.

    Raises:
        PlatformNotFound: there is none, or more than one; the message has the next step.
    """
    if project is not None:
        return project, find_broker(client, project=project)
    found: dict[str, FoundBroker] = {}
    reasons: list[str] = []
    for name in running_projects(client):
        if _belongs_to_a_run(client, name):
            continue
        try:
            found[name] = find_broker(client, project=name)
        except PlatformNotFound as error:
            reasons.append(f"  {name}: {error}")
    if len(found) == 1:
        return next(iter(found.items()))
    if found:
        raise PlatformNotFound(f"Several platforms run: {', '.join(found)}. Choose one: --project NAME")
    others = ["Projects that run, and why they are not platforms:", *reasons] if reasons else []
    raise PlatformNotFound("\n".join([_START_ONE, *others]))


def console_consumer(platform: FoundBroker, topics: Sequence[str], *, terminal: bool) -> list[str]:
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


def tool(platform: FoundBroker, topics: Sequence[str]) -> tuple[str, list[str]]:
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


def run_console(client: DockerClient, platform: FoundBroker, topics: Sequence[str], run_id: str) -> int:
    """Show what is published from now on; return the exit code, 125 where Docker cannot fetch the tool's image.

    It ends with the tool, at a signal, or when nothing reads its stdout any more.

    Args:
        client: the engine's.
        platform: where to look.
        topics: those to show.
        run_id: the container's label: if this process is killed, `stack prune` removes the container.

    Raises:
        CannotRun: there is no program docker.
    """
    image, command = tool(platform, topics)
    marks = {**labels(run_id), RECORDER: "yes"}
    options = [part for name, value in marks.items() for part in ("--label", f"{name}={value}")]
    network = str(platform.network.name)
    with signals_raise_interrupt():
        with signals_wait():  # without its number here the process could not be ended
            try:
                process = subprocess.Popen(  # noqa: S603 - the project's own command
                    ["docker", "run", "--rm", "--init", "--network", network, *options, image, *command],  # noqa: S607
                    start_new_session=True,  # Ctrl-C is for this process, which then ends the other
                )
            except OSError as error:
                raise CannotRun(
                    f"The program docker cannot be run: {error.strerror}. Is it on the PATH?"
                ) from error
        try:
            return _exit_code(process)
        except KeyboardInterrupt:
            return 0
        finally:
            ignore_signals()
            process.terminate()  # Docker passes it on to the tool
            with suppress(subprocess.TimeoutExpired):
                process.wait(_END_SECONDS)
            kill_group(process)
            remove_run(client, run_id)


def _exit_code(process: subprocess.Popen[bytes]) -> int:
    while not reader_has_gone(sys.stdout):
        with suppress(subprocess.TimeoutExpired):
            return process.wait(_LOOK_SECONDS)
    return 0


def _option(image: str) -> str:
    numbers = tuple(map(int, re.findall(r"\d+", image.rpartition(":")[2])[:2]))
    return "--property" if numbers and numbers < _NEW_NAME_SINCE else "--formatter-property"


def _belongs_to_a_run(client: DockerClient, project: str) -> bool:
    return any(container.labels.get(OWNER) for container in containers_of(client, project=project))
