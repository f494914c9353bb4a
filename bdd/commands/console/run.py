"""Runs Kafka's own tool in a platform's network, hands on what it prints, and removes its container at the end."""

import os
import select
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress

from docker.client import DockerClient
from docker.errors import APIError, ImageNotFound
from docker.models.containers import Container

from bdd.commands.console.command_line import tool
from bdd.containers.cleanup import RECORDER, labels
from bdd.containers.discovery import Platform
from bdd.system.processes import signals_wait
from bdd.system.signals import ignore_signals, signals_raise_interrupt


class CannotRun(Exception):
    """The tool cannot be run; the sentence says what to do."""


def run_console(client: DockerClient, platform: Platform, topics: Sequence[str], run_id: str) -> int:
    """Show what is published from now on; return the exit code.

    It ends with the tool, when a signal asks for it, or when nobody reads its stdout any more.

    Args:
        client: the engine's.
        platform: where to look.
        topics: those to show.
        run_id: what the container carries: where even this process is killed, `stack prune` removes it.

    Raises:
        CannotRun: the tool's image is not to be had.
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
    # Where no event comes, no writing tells that nobody reads: then the stream is ended from there.
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
    """At once: what Python buffers would be written when it ends, and complained of where nobody reads."""
    left = text or b""
    while left:
        left = left[os.write(place, left) :]


def _await_no_reader(container: Container, deleted: threading.Event) -> None:
    try:
        poll = select.poll()
        poll.register(sys.stdout.fileno(), 0)  # nothing to wait for: a broken end is told all the same
    except (AttributeError, OSError):  # Windows has no poll
        return
    poll.poll()
    deleted.set()
    _remove(container)


def _remove(container: Container) -> None:
    with suppress(APIError):  # it is gone, or just being removed
        container.remove(force=True, v=True)


def _fetch(client: DockerClient, image: str) -> None:
    try:
        client.images.get(image)
    except ImageNotFound:
        try:
            subprocess.run(["docker", "pull", image], stdout=sys.stderr, check=True)  # noqa: S603, S607 - fixed
        except (OSError, subprocess.CalledProcessError) as error:
            raise CannotRun(
                f"The image {image} is not here and cannot be fetched. Next: docker pull {image}"
            ) from error
