"""The difference of clocks: as exact as a header with whole seconds allows, never more certain than that."""

import threading
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bdd.api import clock
from bdd.api.clock import ClockDifference, NoClock, service_clock_difference
from tests.support.builders import LONG_TIMEOUT
from tests.support.closed_port import closed_port

Serve = Callable[[Callable[[], str | None]], str]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Starts a service whose Date header is what a function returns; it has ample time for that."""
    monkeypatch.setattr(clock, "_SECONDS", LONG_TIMEOUT)
    running = []

    def start(date: Callable[[], str | None]) -> str:
        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response_only(200)
                if (told := date()) is not None:
                    self.send_header("Date", told)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(("ahead", "words"), [(0, "agree"), (90, "s ahead"), (-90, "s behind")])
def test_the_truth_lies_between_the_limits(ahead: float, words: str, serve: Serve) -> None:
    difference = service_clock_difference(serve(lambda: formatdate(time.time() + ahead, usegmt=True)))
    assert difference.least <= ahead <= difference.most
    assert words in str(difference)
    assert difference.exceeds(2) == (ahead != 0)


@pytest.mark.parametrize(
    ("least", "most", "tolerance", "exceeds"),
    [(-0.5, 0.6, 0, False), (1.9, 2.9, 2, False), (2.1, 3.1, 2, True), (-3, -2.1, 2, True), (-3, -1.9, 2, False)],
)
def test_only_what_is_certain_exceeds(least: float, most: float, tolerance: float, exceeds: bool) -> None:
    assert ClockDifference(least, most).exceeds(tolerance) is exceeds


@pytest.mark.parametrize("date", [None, "soon"])
def test_an_answer_without_a_date_is_told(date: str | None, serve: Serve) -> None:
    with pytest.raises(NoClock, match="responds without a Date header"):
        service_clock_difference(serve(lambda: date))


def test_a_service_that_does_not_answer_is_told() -> None:
    with closed_port() as port, pytest.raises(NoClock, match="does not respond: ConnectionError"):
        service_clock_difference(f"http://127.0.0.1:{port}")
