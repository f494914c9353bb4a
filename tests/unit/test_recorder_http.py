"""The recorder's HTTP server and its client, over real HTTP: only the consumer is a mock."""

import asyncio
import itertools
import re
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from unittest.mock import create_autospec
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import uvicorn

from bdd.kafka.record import Entry, Gap, Record, Remade, to_line
from bdd.recorder import client as client_module
from bdd.recorder import server as server_module
from bdd.recorder.brokers import BrokersSilent
from bdd.recorder.client import RecorderClient, RecorderUnreachable
from bdd.recorder.consumer import TopicsConsumer
from bdd.recorder.incomplete import Incomplete
from bdd.recorder.journal import Journal
from bdd.recorder.server import JournalGrowth, recorder_app
from tests.support.builders import LONG_TIMEOUT, SHORT_TIMEOUT, eventually, record
from tests.support.closed_port import closed_port
from tests.support.http_service import http_service

TOKEN = "of-this-run"
GAP = Gap("patient-events", 0, 3, 9)
FULL = "the recorder cannot write /tmp/journal.jsonl: No space left on device\n    next: make room there"
SILENT = BrokersSilent("the broker at kafka:9092 has answered nothing for 8 s (too slow)")


class Served:
    """A recorder's server on loopback; only its consumer is a mock."""

    def __init__(self, url: str, consumer: Any, journal: Journal, growth: JournalGrowth) -> None:
        self.url, self.consumer, self.journal, self.growth = url, consumer, journal, growth
        self.client = RecorderClient(url, TOKEN)

    def append(self, *entries: Entry) -> None:
        self.journal.append(entries)
        self.growth.notify()

    def get(self, path: str, authorization: str | bytes = f"Bearer {TOKEN}", **options: Any) -> requests.Response:
        headers = {"Authorization": authorization}
        return requests.get(self.url + path, headers=headers, timeout=LONG_TIMEOUT, **options)

    def follow(self) -> RecorderClient:
        self.consumer.ready.set()
        self.client.start(LONG_TIMEOUT)
        return self.client

    def await_cursor(self, cursor: int) -> None:
        eventually(lambda: self.client.cursor == cursor, self.client._thread)


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


@pytest.mark.parametrize("authorization", ["", TOKEN, "Bearer", "Bearer wrong", "Bearer \xfc".encode("latin-1")])
@pytest.mark.parametrize("path", ["/journal", "/fence", "/topics"])
def test_a_request_without_the_token_is_refused(served: Served, path: str, authorization: str | bytes) -> None:
    refused = served.get(path, authorization)
    assert (refused.status_code, refused.text) == (401, "the token of this run is missing or wrong")


def test_health_needs_no_token_and_says_whether_the_consumer_is_pinned(served: Served) -> None:
    served.append(record({}))
    for ready, status in ((False, 503), (True, 200)):
        if ready:
            served.consumer.ready.set()
        response = served.get("/health", "")
        expected = {"ready": ready, "cursor": 1, "trouble": {}}
        assert (response.status_code, response.json()) == (status, expected)
        assert served.client.ready() is ready


def test_a_recorder_that_has_stopped_says_so_to_everyone_who_asks_or_follows(served: Served) -> None:
    client = served.follow()
    served.append(record({}))
    served.await_cursor(1)
    served.consumer.troubles.return_value = {"": FULL}
    served.growth.notify()
    eventually(client.trouble, client._thread)
    assert client.trouble() == FULL
    assert client.cursor == 1, "that is no entry"
    health = served.get("/health", "")
    assert (health.status_code, health.json()["ready"]) == (503, False)
    with pytest.raises(RecorderUnreachable, match=f"^{re.escape(FULL)}$"):
        client.ready()
    served.append(record({}))
    served.await_cursor(2)
    served.consumer.troubles.return_value = {}
    served.growth.notify()
    eventually(lambda: client.trouble() is None, client._thread)


def test_trouble_with_a_topic_is_that_of_those_who_need_it(served: Served) -> None:
    client = served.follow()
    served.consumer.troubles.return_value = {"matching-events": "the user “suite” may not read it\n    next: ask"}
    served.growth.notify()
    eventually(client.trouble, client._thread)
    assert client.trouble() == "the user “suite” may not read it\n    next: ask"
    assert client.ready(), "it reads the others"
    client.needed = ["patient-events"]
    assert client.trouble() is None
    served.append(Remade("matching-events"))
    served.await_cursor(1)
    assert client.trouble() is None
    served.append(Remade("patient-events"))
    served.await_cursor(2)
    assert "could not read everything: the topic patient-events was deleted and made anew" in str(client.trouble())


def test_a_start_ends_at_once_where_the_recorder_has_stopped(served: Served) -> None:
    served.consumer.troubles.return_value = {"": FULL}
    with pytest.raises(AssertionError, match=f"^{re.escape(FULL)}$"):
        served.client.start(10 * LONG_TIMEOUT)


def test_fence_and_topics_are_those_of_the_consumer(served: Served) -> None:
    served.consumer.fence.return_value = 2
    served.consumer.partitions.return_value = {"patient-events": 3, "therapist-events": 1}
    assert served.client.fence() == 2
    served.consumer.fence.assert_called_once_with(10.0, frozenset())
    served.client.needed = ["patient-events", "a&b"]
    served.client.fence()
    served.consumer.fence.assert_called_with(10.0, {"patient-events", "a&b"})
    assert served.client.topics() == {"patient-events": 3, "therapist-events": 1}


@pytest.mark.parametrize(
    ("error", "request_of", "message"),
    [
        (Incomplete(FULL), RecorderClient.fence, FULL.splitlines()[0]),
        (RuntimeError(), RecorderClient.fence, "the recorder answered /fence with 500: Internal Server Error"),
        (SILENT, RecorderClient.fence, str(SILENT)),
        (SILENT, RecorderClient.topics, str(SILENT)),
    ],
)
def test_what_the_brokers_do_not_answer_is_reported(
    served: Served, error: Exception, request_of: Callable[[RecorderClient], object], message: str
) -> None:
    served.consumer.fence.side_effect = served.consumer.partitions.side_effect = error
    with pytest.raises(RecorderUnreachable, match=f"^{re.escape(message)}$"):
        request_of(served.client)


def test_a_recorder_that_is_behind_is_trouble_until_a_fence_is_reached(served: Served) -> None:
    served.consumer.fence.side_effect = Incomplete("the recorder is 2 records behind\n    next: look")
    with pytest.raises(RecorderUnreachable):
        served.client.fence()
    assert served.client.trouble() == "the recorder is 2 records behind\n    next: look"
    served.consumer.fence.side_effect = None
    served.consumer.fence.return_value = 0
    served.client.fence()
    assert served.client.trouble() is None


def test_a_silent_broker_is_trouble_until_it_answers(served: Served) -> None:
    served.consumer.partitions.side_effect = SILENT
    with pytest.raises(RecorderUnreachable):
        served.client.topics()
    advice = "next: see whether it runs, and the last lines of its log"
    assert served.client.trouble() == f"{SILENT}\n    {advice}"
    served.client.ready()
    assert served.client.trouble() is not None, "the recorder asks no broker for this"
    served.consumer.fence.return_value = 0
    served.client.fence()
    assert served.client.trouble() is None


def test_a_request_ends_when_something_has_ended_that_it_depends_on(served: Served) -> None:
    response = threading.Event()
    served.consumer.fence.side_effect = lambda _timeout, _topics: response.wait(LONG_TIMEOUT)
    served.client.abort_if = lambda: "the container of kafka is paused"
    with pytest.raises(RecorderUnreachable, match=r"^the container of kafka is paused$"):
        served.client.fence()
    response.set()


@pytest.mark.parametrize("after", ["3", "99", "-1", "x", ""])
def test_a_cursor_that_the_journal_does_not_have_is_refused(served: Served, after: str) -> None:
    served.append(record({}), record({}))
    refused = served.get(f"/journal?after={after}")
    expected = f"after={after} is not a cursor of this journal, which ends at 2"
    assert (refused.status_code, refused.text) == (400, expected)


def test_a_stream_has_the_lines_after_a_cursor_then_heartbeats_then_what_comes(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_module, "_HEARTBEAT_SECONDS", SHORT_TIMEOUT)
    entries = [record({"n": n}) for n in range(4)]
    served.append(*entries[:2])
    for query, begin in (("", 0), ("?after=0", 0), ("?after=1", 1)):
        with served.get(f"/journal{query}", stream=True) as response:
            assert response.headers["content-type"] == "application/jsonl"
            chunks = response.iter_content(None)
            assert next(chunks) == b"".join(map(to_line, entries[begin:2]))
            assert next(chunks) == b"\n"
    with served.get("/journal?after=2", stream=True) as response:
        chunks = response.iter_content(None)
        for entry in entries[2:]:
            served.append(entry)
            assert next(chunk for chunk in chunks if chunk != b"\n") == to_line(entry)


def test_a_stream_keeps_what_it_has_not_sent_and_says_what_is_gone(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served.journal, "_limit", 8)  # a file for each entry
    client = served.follow()
    served.append(record({}))
    served.await_cursor(1)  # now it follows
    for _ in range(19):
        served.append(record({}))
    served.await_cursor(20)
    eventually(lambda: not served.journal.is_full, client._thread)
    too_old = RecorderClient(served.url, TOKEN)
    too_old.start(LONG_TIMEOUT)
    eventually(too_old.trouble, too_old._thread)
    gone = r"^the recorder cannot be followed: the journal begins at 1\d: what was before, also 0, made room"
    assert re.match(gone, str(too_old.trouble()))
    assert client.trouble() is None
    too_old.close()


def test_a_stream_sends_what_is_new_at_once(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "_HEARTBEAT_SECONDS", 10 * LONG_TIMEOUT)
    monkeypatch.setattr(client_module, "_SILENCE_SECONDS", 10 * LONG_TIMEOUT)
    client = served.follow()
    for count in (1, 2):
        served.append(record({}))
        client.wait_for_more(count - 1, LONG_TIMEOUT)
        assert client.cursor == count


def test_the_client_mirrors_the_journal_and_its_gaps_until_it_is_closed(served: Served) -> None:
    entries = [record({"n": n}) for n in range(3)]
    served.append(*entries[:2])
    client = served.follow()
    served.await_cursor(2)
    assert client.trouble() is None
    assert client._thread.daemon, "a run that fails does not wait for its mirror"
    served.append(GAP, entries[2])
    served.await_cursor(4)
    assert client.gaps == [GAP]
    assert client.trouble() == f"the recorder could not read everything: {GAP}"
    client.needed = ["therapist-events"]
    assert client.trouble() is None, "nobody needs that topic"
    client.wait_for_more(4, SHORT_TIMEOUT)
    assert client.cursor == 4
    client.close()
    served.append(record({}))
    client._thread.join(LONG_TIMEOUT)
    assert client.records() == entries, "what was mirrored stays readable"


@pytest.mark.parametrize("begin", [0, 2])
def test_records_are_those_between_two_cursors_but_not_older_than_the_run(served: Served, begin: int) -> None:
    entries = [record({"n": n}) for n in range(4)]
    served.append(*entries)
    served.client.skip_to(begin)
    client = served.follow()
    served.await_cursor(4)
    for after, before in itertools.product(range(5), (*range(5), None)):
        assert client.records(after, before) == entries[max(begin, after) : before]
    assert client.records() == entries[begin:]


@pytest.mark.parametrize("begin", [0, 1])
def test_a_record_that_was_let_go_is_loaded_again(served: Served, begin: int) -> None:
    entries = [record({"n": n}) for n in range(3)]
    arrived: list[tuple[int, Record]] = []
    served.append(*entries[:1], GAP, *entries[1:])
    served.client.skip_to(begin)
    served.client.on_arrival = lambda cursor, record: arrived.append((cursor, record))
    client = served.follow()
    served.await_cursor(4)
    expected = [(0, entries[0]), (2, entries[1]), (3, entries[2])][begin:]
    eventually(lambda: len(arrived) == len(expected), client._thread)
    assert arrived == list(client.numbered(0, 4)) == expected, "a gap has a cursor, too"
    other = record(b"another")
    client.replace(2, other)
    assert [record for _, record in client.numbered(2, 4)] == [other, entries[2]]
    assert client.load(2) == entries[1]
    with pytest.raises(RecorderUnreachable, match=r"^the recorder has no record at 1$"):
        client.load(1)
    client.forget(3)
    client.forget(2)
    assert list(client.numbered(0, 4)) == expected[-1:]


def test_whatever_ends_the_mirror_is_reported(served: Served) -> None:
    def fail(_cursor: int, _record: Record) -> None:
        raise RecursionError("too deep")

    served.client.on_arrival = fail
    client = served.follow()
    served.append(record({}))
    client._thread.join(LONG_TIMEOUT)
    assert client.trouble() == (
        f"the recorder at {served.url} is not followed any more: RecursionError: too deep\n"
        "    next: see which record the journal has at 0"
    )


def test_a_record_that_the_recorder_has_removed_cannot_be_loaded(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(served.journal, "_limit", 8)
    for _ in range(20):
        served.append(record({}))
    with pytest.raises(RecorderUnreachable, match=r"^the recorder cannot be followed: the journal begins at"):
        served.client.load(0)


def test_a_start_waits_until_the_consumer_is_pinned(served: Served) -> None:
    with pytest.raises(
        AssertionError, match=r"^the recorder: not within 0\.05 s .* Last seen: it is not pinned to"
    ):
        served.client.start(SHORT_TIMEOUT)
    with pytest.raises(AssertionError, match=r"^the recorder: its container ended\. Last seen: it is not pinned"):
        served.client.start(LONG_TIMEOUT, lambda: "its container ended")


class Breaking:
    """Serves a journal, and ends each stream before its time: what it sends is a list of bytes for each request."""

    def __init__(self, *streams: bytes | int) -> None:
        self._streams = list(streams)
        self.requested: list[tuple[str, str | None]] = []

    def __call__(self, handler: BaseHTTPRequestHandler, _: bytes) -> tuple[int, bytes, dict[str, str]]:
        url = urlsplit(handler.path)
        if url.path == "/health":
            return 200, b'{"ready": true}', {}
        self.requested.append((parse_qs(url.query)["after"][0], handler.headers["Authorization"]))
        stream = self._streams.pop(0) if self._streams else b""
        if isinstance(stream, int):
            return stream, b"out of order", {}
        chunk = b"%x\r\n%s\r\n" % (len(stream), stream) if stream else b""
        return 200, chunk, {"Transfer-Encoding": "chunked"}  # the last chunk, an empty one, never comes


@pytest.mark.parametrize(
    "broken", [b"", b"\n", 500, 400, b"{ not a line\n", to_line(record({}))[:20], to_line(record({}))[:-1]]
)
def test_after_a_break_the_client_goes_on_where_its_mirror_ends(broken: bytes | int) -> None:
    entries = [record({"n": n}) for n in range(5)]
    lines = [*map(to_line, entries)]
    service = Breaking(lines[0] + lines[1] + lines[2][:9], broken, lines[2] + b"\n" + lines[3], lines[4])
    with http_service(service) as url:
        client = RecorderClient(url, TOKEN)
        client.start(LONG_TIMEOUT)
        eventually(lambda: client.cursor == 5, client._thread)
        client.close()
        client._thread.join(LONG_TIMEOUT)
    assert not client._thread.is_alive()
    assert client.records() == entries, "nothing is lost with half a line, and nothing is there twice"
    assert service.requested[:4] == [(after, f"Bearer {TOKEN}") for after in ("0", "2", "2", "4")]


def test_a_stream_that_falls_silent_is_opened_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_SILENCE_SECONDS", SHORT_TIMEOUT)
    again = threading.Event()

    def respond(handler: BaseHTTPRequestHandler, _: bytes) -> tuple[int, bytes, dict[str, str]]:
        if handler.path != "/health" and not silent.acquire(blocking=False):
            again.set()
        elif handler.path != "/health":
            again.wait(LONG_TIMEOUT)
        return 200, b'{"ready": true}' if handler.path == "/health" else b"", {}

    silent = threading.Semaphore(1)
    with http_service(respond) as url:
        client = RecorderClient(url, TOKEN)
        client.start(LONG_TIMEOUT)
        eventually(again.is_set, client._thread)
        client.close()


def test_a_recorder_that_cannot_be_followed_any_more_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_CONNECT_SECONDS", SHORT_TIMEOUT)
    monkeypatch.setattr(client_module, "_RECONNECT_SECONDS", 0.001)
    service = Breaking(b"", *[503] * 10_000)
    with http_service(service) as url:
        client = RecorderClient(url, TOKEN)
        client.start(LONG_TIMEOUT)
        said = f"the recorder at {url} cannot be followed: 503 Server Error"
        eventually(lambda: said in str(client.trouble()), client._thread)
        client.close()
    with closed_port() as port:
        gone = RecorderClient(f"http://127.0.0.1:{port}", TOKEN)
        with pytest.raises(
            RecorderUnreachable, match=f"^the recorder at {gone.url} does not answer /fence: .*refused"
        ):
            gone.fence()
        with pytest.raises(AssertionError, match=r"the recorder: not within .* does not answer /health"):
            gone.start(SHORT_TIMEOUT)
