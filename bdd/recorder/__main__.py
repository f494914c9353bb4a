"""Reads the topics into a journal and serves it over HTTP, until it receives SIGTERM or SIGINT.

A run starts its recorder itself. The settings are environment variables:

  RECORDER_CLIENT         librdkafka settings as JSON, including bootstrap.servers
  RECORDER_FOLDER         where the journal is written
  RECORDER_JOURNAL_MB     how many megabytes it takes there at most (default 256): what was read makes room
  RECORDER_TOKEN          what each request must carry
  RECORDER_HOST           the address to listen on (default 127.0.0.1)
  RECORDER_PORT           the port to listen on, 0 to 65535 (default 0: any free port)
  RECORDER_TOPICS         JSON, name: partitions (default: the topics of the contract)
  RECORDER_CREATE_TOPICS  yes or no (default no)
"""

import argparse
import asyncio
import itertools
import logging
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import uvicorn

from bdd.contracts import asyncapi as contract
from bdd.recorder.consumer import TopicsConsumer
from bdd.recorder.journal import Journal
from bdd.recorder.server import JournalGrowth, recorder_app
from bdd.recorder.settings import RecorderSettings

_STOP_SECONDS = 1


async def record(settings: RecorderSettings) -> None:
    """Record until the process receives SIGTERM or SIGINT."""
    _rename_previous(settings.journal)
    # asyncio disables Nagle's algorithm only if the protocol is given; it would delay each response by 40 ms.
    with (
        Journal(settings.journal, settings.journal_mb << 20) as journal,
        socket.socket(proto=socket.IPPROTO_TCP) as listener,
    ):
        listener.bind((settings.host, settings.port))
        listener.listen()
        growth = JournalGrowth(asyncio.get_running_loop())
        consumer = TopicsConsumer(
            settings.client,
            settings.topics,
            journal,
            on_growth=growth.notify,
            create_topics=settings.create_topics,
        )
        consumer.start()
        _write_address(listener, settings.address)
        app = recorder_app(consumer, journal, growth, settings.token)
        config = uvicorn.Config(
            app, lifespan="off", access_log=False, log_config=None, timeout_graceful_shutdown=_STOP_SECONDS
        )
        await uvicorn.Server(config).serve(sockets=[listener])
        await asyncio.to_thread(consumer.stop)


def _rename_previous(journal: Path) -> None:
    """Keep the beginning of an earlier process's journal, which a container that is started again finds."""
    if journal.exists():
        candidates = (journal.with_stem(f"{journal.stem}-{number}") for number in itertools.count(1))
        journal.rename(next(path for path in candidates if not path.exists()))
    for continued in journal.parent.glob(f"{journal.stem}.*{journal.suffix}"):
        continued.unlink()


def _write_address(listener: socket.socket, file: Path) -> None:
    """Write the address to a file that never exists in part."""
    host, port = listener.getsockname()
    draft = file.with_suffix(".draft")
    draft.write_text(f"http://{host}:{port}")
    draft.replace(file)


def main(arguments: Sequence[str] = ()) -> int:
    """Return the exit code: 0 after a clean end, 2 if a setting is invalid or the port is taken."""
    parser = argparse.ArgumentParser(
        prog="python -m bdd.recorder",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        settings = RecorderSettings.from_environment(default_topics=contract.current().partitions)
        asyncio.run(record(settings))
    except (ValueError, OSError) as error:
        print(f"The recorder cannot start: {error}", file=sys.stderr)  # noqa: T201 - for the process that started it
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
