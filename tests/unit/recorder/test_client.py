"""The recorder's client, over real HTTP: it mirrors the journal, whatever breaks."""

import itertools
import re
import threading
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

import pytest

from bdd.kafka.record import Record, to_line
from bdd.recorder import client as client_module
from bdd.recorder.client import RecorderClient, RecorderUnreachable
from tests.support.builders import LONG_TIMEOUT, SHORT_TIMEOUT, eventually, record
from tests.support.closed_port import closed_port
from tests.support.http_service import http_service
from tests.support.served_recorder import FULL, GAP, TOKEN, Served


def test_a_start_ends_at_once_where_the_recorder_has_stopped(served: Served) -> None:
    served.consumer.troubles.return_value = {"": FULL}
    with pytest.raises(AssertionError, match=f"^{re.escape(FULL)}$"):
        served.client.start(10 * LONG_TIMEOUT)


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
