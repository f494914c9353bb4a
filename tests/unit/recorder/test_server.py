"""The recorder's HTTP server, over real HTTP: only the consumer is a mock."""

import re
import threading
from collections.abc import Callable

import pytest

from bdd.kafka.record import Remade, to_line
from bdd.recorder import client as client_module
from bdd.recorder import server as server_module
from bdd.recorder.client import RecorderClient, RecorderUnreachable
from bdd.recorder.incomplete import Incomplete
from tests.support.builders import LONG_TIMEOUT, SHORT_TIMEOUT, eventually, record
from tests.support.served_recorder import FULL, SILENT, TOKEN, Served


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
    assert client.cursor == 1, "that is not an entry"
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
