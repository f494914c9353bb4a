"""Runs the recorder: `python -m bdd.recorder`, with the settings of `RecorderSettings` in its environment."""

import argparse
import asyncio
import itertools
import logging
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import uvicorn

from bdd.recorder.consumer import TopicsConsumer
from bdd.recorder.journal import Journal
from bdd.recorder.server import Bell, recorder_app
from bdd.recorder.settings import RecorderSettings

_STOP_SECONDS = 1


async def record(settings: RecorderSettings) -> None:
    """Record until the process is asked to end (SIGTERM, SIGINT)."""
    _put_aside(settings.journal)
    with (
        Journal(settings.journal) as journal,
        _listen(settings.host, settings.port) as listener,
    ):
        consumer = TopicsConsumer(settings.client, settings.topics, journal, create_topics=settings.create_topics)
        bell = Bell(asyncio.get_running_loop())
        consumer.start(on_news=bell.ring)
        _announce(listener, settings.address)
        app = recorder_app(consumer, journal, bell, settings.token)
        config = uvicorn.Config(
            app,
            lifespan="off",
            access_log=False,
            log_config=None,
            timeout_graceful_shutdown=_STOP_SECONDS,
        )
        await uvicorn.Server(config).serve(sockets=[listener])
        await asyncio.to_thread(consumer.stop)


def _put_aside(journal: Path) -> None:
    """A container that is started again finds the journal of its last life: that one stays as it is."""
    if journal.exists():
        numbers = itertools.count(1)
        free = next(aside for n in numbers if not (aside := journal.with_stem(f"{journal.stem}-{n}")).exists())
        journal.rename(free)


def _listen(host: str, port: int) -> socket.socket:
    # The protocol is named because asyncio switches Nagle's delay off only then: 40 ms for each answer.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind((host, port))
    listener.listen()
    return listener


def _announce(listener: socket.socket, file: Path) -> None:
    """Tell the address by a file that is there whole or not at all."""
    host, port = listener.getsockname()[:2]
    draft = file.with_suffix(".draft")
    draft.write_text(f"http://{host}:{port}", encoding="utf-8")
    draft.replace(file)


def _parser() -> argparse.ArgumentParser:
    return argparse.ArgumentParser(
        prog="python -m bdd.recorder",
        description="Reads the topics into a journal and serves it over HTTP, until it is asked to end. A run "
        "starts its recorder itself.",
        epilog="Its settings are variables of the environment: RECORDER_CLIENT (librdkafka settings as JSON, "
        "bootstrap.servers among them), RECORDER_FOLDER (where the journal is written), RECORDER_TOKEN (what a "
        "request must carry); and, if need be, RECORDER_HOST (127.0.0.1), RECORDER_PORT (0: a free one), "
        "RECORDER_TOPICS (JSON, name: partitions; those of the contract) and RECORDER_CREATE_TOPICS (yes or no).",
    )


def main(arguments: Sequence[str] = ()) -> int:
    """Return the exit code: 0 after a clean end, 2 when a setting is wrong or the port is taken."""
    _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        settings = RecorderSettings.from_environment()
        asyncio.run(record(settings))
    except (ValueError, OSError) as wrong:
        print(f"The recorder cannot start: {wrong}", file=sys.stderr)  # noqa: T201 - for whoever started it
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
