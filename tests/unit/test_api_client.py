"""The API client against a small real server on the loopback interface."""

import io
import json
import re
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler

import pytest
import requests

from bdd.api import client as client_module
from bdd.api.client import ApiClient, NoResponse, tls_advice
from bdd.api.health import wait_healthy
from bdd.domain.test_data import as_json
from bdd.system.waiting import WaitAborted
from tests.support.builders import LONG_TIMEOUT, SHORT_TIMEOUT
from tests.support.closed_port import closed_port
from tests.support.http_service import http_service
from tests.support.silent_service import silent_service


class Service:
    """A service that keeps its requests and sends a response that the test sets."""

    url: str

    def __init__(self) -> None:
        self.received: list[tuple[str, str, bytes, str | None]] = []
        self.connections: list[str | None] = []
        self.status = 200
        self.body = b'{"id": 5}'
        self.more_bytes = 0  # announced in Content-Length, but never sent

    def respond(self, request: BaseHTTPRequestHandler, sent: bytes) -> tuple[int, bytes, Mapping[str, str]]:
        self.received.append((request.command, request.path, sent, request.headers.get("Content-Type")))
        self.connections.append(request.headers.get("Connection"))
        length = str(len(self.body) + self.more_bytes)
        return self.status, self.body, {"Content-Type": "text/html; charset=utf-8", "Content-Length": length}


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    with http_service(service.respond) as service.url:
        yield service


@pytest.fixture
def client(service: Service) -> Iterator[ApiClient]:
    opened = ApiClient(service.url)
    yield opened
    opened.close()


def test_an_exchange_is_returned_and_kept(service: Service, client: ApiClient) -> None:
    service.status, before = 201, time.time()
    exchange = client.send("POST", "/api/patients", '{"vorname": "Erika"}')
    assert client.exchanges == [exchange]
    assert (exchange.method, exchange.path, exchange.sent) == ("POST", "/api/patients", '{"vorname": "Erika"}')
    assert (exchange.status, exchange.accepted, exchange.json) == (201, True, {"id": 5})
    assert exchange.content_type == "text/html; charset=utf-8"
    assert before <= exchange.sent_at <= time.time()
    assert str(exchange) == f"POST /api/patients -> 201 in {exchange.seconds * 1000:.0f} ms"


@pytest.mark.parametrize(("status", "location"), [(308, "https://platform.example/api/patients/"), (201, "")])
def test_where_a_redirect_leads_is_kept_and_it_is_not_followed(status: int, location: str) -> None:
    headers = {"Location": "https://platform.example/api/patients/"}
    with http_service(lambda *_: (status, b"{}", headers)) as url:
        client = ApiClient(url)
        exchange = client.send("POST", "/api/patients", "{}")
        client.close()
    assert (exchange.status, exchange.location, exchange.url) == (status, location, url)


def test_umlauts_and_emoji_are_sent_and_received_as_utf_8_each_on_a_connection_of_its_own(
    service: Service, client: ApiClient
) -> None:
    data = {"vorname": "Jürgen 🙂", "nachname": "Groß"}
    service.body = as_json(data).encode()
    for _ in range(2):
        assert client.send("PUT", "/api/patients/5", as_json(data)).json == data
    sent = '{"vorname": "Jürgen 🙂", "nachname": "Groß"}'.encode()
    assert service.received == [("PUT", "/api/patients/5", sent, "application/json")] * 2
    assert service.connections == ["close", "close"]


@pytest.mark.parametrize(
    "linger", [0, 0.001, None], ids=["closed at once", "closed a moment later", "left for the client to close"]
)
def test_a_service_that_closes_connections_without_saying_so_answers_every_request(linger: float | None) -> None:
    with silent_service(linger) as service:
        client = ApiClient(service.url)
        for _ in range(100):
            assert client.send("GET", "/api/patients").json == []
        with ThreadPoolExecutor(16) as pool:
            together = list(pool.map(lambda _: client.send("GET", "/api/patients").json, range(100)))
        assert together == [[]] * 100
    # The connections have been closed although the client has not.
    assert service.requests == [1] * 200
    client.close()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html>Internal Server Error</html>", "Expecting value: line 1 column 1 (char 0)"),
        (b"", "Expecting value: line 1 column 1 (char 0)"),
        (b"\xff\xfe", "it is not UTF-8: invalid start byte at byte 0"),
        ('{"message": "ungültig"}'.encode("latin-1"), "it is not UTF-8: invalid start byte at byte 16"),
    ],
)
def test_a_response_that_is_not_json_is_quoted_with_the_reason(
    body: bytes, reason: str, service: Service, client: ApiClient
) -> None:
    service.status, service.body = 500, body
    exchange = client.send("POST", "/api/patients", json.dumps({}))
    with pytest.raises(AssertionError) as failed:
        _ = exchange.json
    quoted = body.decode(errors="replace")
    assert str(failed.value) == f"{exchange}: the response is not JSON ({reason}): {quoted!r}"


def test_a_response_that_is_cut_off_is_distinguished_from_none(service: Service, client: ApiClient) -> None:
    service.more_bytes = 5
    with pytest.raises(NoResponse, match="its response ended before all of it had arrived"):
        client.send("GET", "/api/patients")


def test_a_request_without_a_response_names_the_url_and_is_kept_as_an_exchange() -> None:
    with closed_port() as port:
        url = f"http://127.0.0.1:{port}"
        client = ApiClient(url)
        with pytest.raises(
            NoResponse, match=f"^the service at {url} did not respond to GET /api/patients: "
        ) as failed:
            client.send("GET", "/api/patients")
    assert "nothing listens there\n" in str(failed.value)
    assert "next:     check whether the service runs, and the last lines of its log" in str(failed.value)
    (exchange,) = client.exchanges
    assert (exchange.status, exchange.accepted) == (None, False)
    assert str(exchange).startswith("GET /api/patients -> no response (ConnectionError) in ")
    client.close()


class Sessions:
    """In place of a session: each request ends as the test says, at once."""

    def __init__(self, *ends: int | Exception) -> None:
        self.timeouts: list[float] = []
        self._ends = list(ends)
        self._together = threading.Barrier(1)

    def let_time_out(self, together: int) -> None:
        """Let so many requests be pending at the same time, and time out."""
        self._ends, self._together = [requests.ReadTimeout()] * together, threading.Barrier(together)

    def request(self, *_: object, timeout: float, **__: object) -> requests.Response:
        self.timeouts.append(timeout)
        self._together.wait(LONG_TIMEOUT)
        end = self._ends.pop(0)
        if isinstance(end, Exception):
            raise end
        response = requests.Response()
        response.status_code, response.raw = end, io.BytesIO(b"{}")
        return response

    def get(self, *_: object, timeout: float, **__: object) -> requests.Response:
        return self.request(timeout=timeout)


def unanswered(client: ApiClient) -> str:
    with pytest.raises(NoResponse) as failed:
        client.send("GET", "/api/patients")
    return str(failed.value)


def played(monkeypatch: pytest.MonkeyPatch, *ends: int | Exception) -> tuple[ApiClient, Sessions]:
    session, client = Sessions(*ends), ApiClient("http://127.0.0.1:9")
    monkeypatch.setattr(client, "_session", session)
    return client, session


def test_a_service_hangs_that_leaves_two_requests_in_a_row_unanswered(monkeypatch: pytest.MonkeyPatch) -> None:
    late, gone = requests.ReadTimeout(), requests.ConnectionError("refused")
    client, session = played(monkeypatch, late, 500, late, gone, late, late, 200)
    unanswered(client)
    assert client.silence() is None
    client.send("GET", "/api/patients")
    unanswered(client)
    unanswered(client)
    unanswered(client)
    assert client.silence() is None, "there was another end between them"
    unanswered(client)
    assert client.silence() == "hangs: it has answered none of 2 requests in a row, for 0 s"
    client.send("GET", "/api/patients")
    assert client.silence() is None
    assert session.timeouts == [8, 6, 8, 6, 8, 6, 6], "shorter after a time-out: a red run shall not take longer"


def test_a_response_of_which_the_rest_does_not_come_is_a_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_TIMEOUT_SECONDS", SHORT_TIMEOUT)
    monkeypatch.setattr(client_module, "_TIMEOUT_AGAIN_SECONDS", SHORT_TIMEOUT)
    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as opened:

        def answer() -> None:
            for _ in range(2):
                connection = opened.enter_context(listener.accept()[0])
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n[")

        threading.Thread(target=answer, daemon=True).start()
        client = ApiClient(f"http://127.0.0.1:{listener.getsockname()[1]}")
        assert "GET /api/patients: nothing came within 0 s\n" in unanswered(client)
        unanswered(client)
    assert client.silence() is not None
    client.close()


def test_time_outs_at_the_same_time_count_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    client, session = played(monkeypatch)
    for hangs in (False, True):
        session.let_time_out(together=4)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: unanswered(client), range(4)))
        assert bool(client.silence()) is hangs


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, b"OK", "says at GET /health: 200 OK"),
        (
            503,
            b'{"broker": "not reachable",\n "database": "reachable"}',
            'says at GET /health: 503 {"broker": "not reachable", "database": "reachable"}',
        ),
        (500, b"", "says at GET /health: 500"),
        (200, b"x" * 1000, "says at GET /health: 200 " + "x" * 150),
        (404, b"<html>no such page</html>", ""),
    ],
)
def test_what_a_service_says_of_itself_is_quoted(
    status: int, body: bytes, said: str, service: Service, client: ApiClient
) -> None:
    service.status, service.body = status, body
    assert client.health() == said
    assert client.exchanges == [], "it is not a request of a scenario"


def test_a_service_that_says_nothing_of_itself_is_reported_and_counts_as_silent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client, _ = played(monkeypatch, requests.ReadTimeout(), requests.ReadTimeout())
    assert client.health() == "did not respond to GET /health: nothing came within 0 s"
    assert client.silence() is None
    unanswered(client)
    assert client.silence() is not None
    with closed_port() as port:
        gone = ApiClient(f"http://127.0.0.1:{port}")
        assert gone.health() == "did not respond to GET /health: nothing listens there"


def test_a_proxy_of_the_environment_is_not_used_for_loopback(
    client: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with closed_port() as port:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
        assert client.send("GET", "/api/patients/5").status == 200
        wait_healthy(client.url, timeout=0)


def test_a_port_without_tls_is_reported_with_the_right_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                connection.recv(65536)

        threading.Thread(target=answer, daemon=True).start()
        place = f"127.0.0.1:{listener.getsockname()[1]}"
        client = ApiClient(f"https://{place}")
        with pytest.raises(NoResponse) as failed:
            client.send("GET", "/api/patients")
        client.close()
    advice = f" This port seems to speak no TLS: try -D therapist_api_url=http://{place}"
    assert tls_advice(client.url, failed.value, "therapist_api_url") == advice
    assert tls_advice(f"http://{place}", failed.value, "api_url") == ""


def test_a_wait_for_a_healthy_service_ends_when_it_is(service: Service) -> None:
    service.status = 503

    def recover() -> None:
        service.status = 200

    wait_healthy(service.url, timeout=LONG_TIMEOUT, abort_if=recover)
    assert [path for _, path, _, _ in service.received] == ["/health", "/health"]


def test_a_service_that_stays_unhealthy_is_named_with_its_last_response(service: Service) -> None:
    service.status, service.body = 503, b'{"broker": "not reachable"}'
    with pytest.raises(AssertionError, match=r'GET /health -> 503: \{"broker": "not reachable"\}'):
        wait_healthy(service.url, timeout=0)


def test_a_wait_for_a_service_that_has_ended_is_aborted() -> None:
    with closed_port() as port, pytest.raises(WaitAborted, match="ended with exit code 2") as ended:
        wait_healthy(f"http://127.0.0.1:{port}", timeout=LONG_TIMEOUT, abort_if=lambda: "ended with exit code 2")
    # The root cause, without the exceptions that the libraries wrap around it.
    assert re.search(r"Last seen: GET /health: [^(]*refused", str(ended.value))
