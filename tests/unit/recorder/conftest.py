"""The recorder's consumer of a played broker, and its server on loopback."""

import asyncio
import logging
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import create_autospec

import pytest
import uvicorn

from bdd.recorder import consumer as consumer_module
from bdd.recorder.consumer import TopicsConsumer
from bdd.recorder.journal import Journal
from bdd.recorder.server import JournalGrowth, recorder_app
from tests.support.builders import LONG_TIMEOUT
from tests.support.played_broker import Consume, Consuming
from tests.support.served_recorder import TOKEN, Served


@pytest.fixture
def consume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Iterator[Consume]:
    monkeypatch.setattr(consumer_module, "_LOOK_FOR_TOPICS_SECONDS", 0.005)
    caplog.set_level(logging.INFO)
    made: list[Consuming] = []

    def make(*, create_topics: bool = False, **played: Any) -> Consuming:
        made.append(Consuming(journal, monkeypatch, create_topics=create_topics, **played))
        return made[-1]

    with Journal(tmp_path / "journal.jsonl", limit=1 << 30) as journal:
        yield make
        for each in made:
            if each.consumer._thread.is_alive():
                each.consumer.stop()
                assert each.broker.closed


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A server in a thread, until the test ends."""
    consumer = create_autospec(TopicsConsumer, instance=True, ready=threading.Event())
    consumer.troubles.return_value = {}
    listener = socket.create_server(("127.0.0.1", 0))
    made: Future[tuple[uvicorn.Server, JournalGrowth]] = Future()

    async def serve(journal: Journal) -> None:
        growth = JournalGrowth(asyncio.get_running_loop())
        app = recorder_app(consumer, journal, growth, TOKEN)
        config = uvicorn.Config(app, lifespan="off", log_config=None, timeout_graceful_shutdown=0)
        made.set_result((uvicorn.Server(config), growth))
        await made.result()[0].serve(sockets=[listener])

    with Journal(tmp_path / "journal.jsonl", limit=1 << 30) as journal, ThreadPoolExecutor(1) as thread:
        running = thread.submit(asyncio.run, serve(journal))
        server, growth = made.result(LONG_TIMEOUT)
        started = Served(f"http://127.0.0.1:{listener.getsockname()[1]}", consumer, journal, growth)
        yield started
        started.client.close()
        server.should_exit = True
        running.result(LONG_TIMEOUT)
