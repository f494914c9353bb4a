"""The API client against a small real server on the loopback interface."""

import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bdd.api.client import ApiClient, NoResponse, tls_advice
from bdd.api.health import wait_healthy
from bdd.domain.patients import as_json
from bdd.system.waiting import WaitAborted
from tests.support.builders import LONG_TIMEOUT
from tests.support.closed_port import closed_port


class Service:
    """A server that keeps what it receives and answers what it is told to."""

    def __init__(self) -> None:
        self.received: list[tuple[str, str, bytes, str | None]] = []
        self.connections: list[str | None] = []
        self.status = 200
        self.body = b'{"id": 5}'
        self.more_bytes = 0  # are promised, and never sent
        service = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                service.received.append((self.command, self.path, sent, self.headers.get("Content-Type")))
                service.connections.append(self.headers.get("Connection"))
                self.send_response(service.status)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(service.body) + service.more_bytes))
                self.end_headers()
                self.wfile.write(service.body)

            do_GET = do_POST = do_PUT = answer  # noqa: N815 - the names that http.server calls

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def service() -> Iterator[Service]:
    running = Service()
    thread = threading.Thread(target=running.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield running
    running.server.shutdown()
    thread.join()
    running.server.server_close()


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
    assert before <= exchange.sent_at <= time.time()
    assert str(exchange) == f"POST /api/patients -> 201 in {exchange.seconds * 1000:.0f} ms"


def test_umlauts_and_emoji_go_out_as_utf_8_and_come_back(service: Service, client: ApiClient) -> None:
    data = {"vorname": "Jürgen 🙂", "nachname": "Groß"}
    service.body = as_json(data).encode()
    assert client.send("PUT", "/api/patients/5", as_json(data)).json == data
    ((method, path, sent, content_type),) = service.received
    assert (method, path, content_type) == ("PUT", "/api/patients/5", "application/json")
    assert sent == '{"vorname": "Jürgen 🙂", "nachname": "Groß"}'.encode()


@pytest.mark.parametrize("body", [b"<html>Internal Server Error</html>", b"", b"\xff\xfe"])
def test_an_answer_that_is_not_json_says_so(body: bytes, service: Service, client: ApiClient) -> None:
    service.status, service.body = 500, body
    exchange = client.send("POST", "/api/patients", json.dumps({}))
    with pytest.raises(AssertionError) as failed:
        _ = exchange.json
    assert str(failed.value).startswith(f"{exchange}: the answer is not JSON (")
    assert body.decode(errors="replace") in str(failed.value)


def test_an_answer_in_another_encoding_is_no_json_although_it_reads_well(
    service: Service, client: ApiClient
) -> None:
    service.body = '{"message": "ungültig"}'.encode("latin-1")
    exchange = client.send("GET", "/api/patients")
    with pytest.raises(AssertionError, match=r"not JSON \(it is not UTF-8: invalid start byte at byte 16\)"):
        _ = exchange.json


def test_what_an_answer_says_that_it_is_is_kept(service: Service, client: ApiClient) -> None:
    assert client.send("GET", "/api/patients").content_type == "text/html; charset=utf-8"


def test_no_connection_is_kept_for_the_next_request(service: Service, client: ApiClient) -> None:
    client.send("GET", "/api/patients")
    client.send("PUT", "/api/patients/5", "{}")
    assert service.connections == ["close", "close"]


def test_an_answer_that_was_cut_off_is_told_from_none(service: Service, client: ApiClient) -> None:
    service.more_bytes = 5
    with pytest.raises(NoResponse, match="its answer ended before all of it had come"):
        client.send("GET", "/api/patients")


def test_no_answer_names_the_url_and_is_kept_as_an_exchange() -> None:
    with closed_port() as port:
        url = f"http://127.0.0.1:{port}"
        client = ApiClient(url)
        with pytest.raises(NoResponse, match=f"^the service at {url} did not answer GET /api/patients: ") as failed:
            client.send("GET", "/api/patients")
    assert "nothing listens there\n" in str(failed.value)
    assert "next:     see whether the service runs, and what its log says last" in str(failed.value)
    (exchange,) = client.exchanges
    assert (exchange.status, exchange.accepted) == (None, False)
    assert str(exchange).startswith("GET /api/patients -> no answer (ConnectionError) in ")
    client.close()


def test_a_proxy_of_the_environment_does_not_come_between_us_and_loopback(
    client: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with closed_port() as port:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
        assert client.send("GET", "/api/patients/5").status == 200
        wait_healthy(client.url, timeout=0)


def test_a_port_that_speaks_no_tls_is_told_with_the_address_that_is_right() -> None:
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
    advice = f" This port seems to speak no TLS: try -D api_url=http://{place}"
    assert tls_advice(client.url, failed.value) == advice
    assert tls_advice(f"http://{place}", failed.value) == ""


def test_waiting_for_a_healthy_service_asks_until_it_is(service: Service) -> None:
    service.status = 503

    def get_well() -> None:
        service.status = 200

    wait_healthy(service.url, timeout=LONG_TIMEOUT, abort_if=get_well)
    assert [path for _, path, _, _ in service.received] == ["/health", "/health"]


def test_a_service_that_does_not_get_well_is_told_with_its_last_answer(service: Service) -> None:
    service.status, service.body = 503, b'{"broker": "not reachable"}'
    with pytest.raises(AssertionError, match=r'GET /health -> 503: \{"broker": "not reachable"\}'):
        wait_healthy(service.url, timeout=0)


def test_a_service_that_has_ended_is_not_waited_for() -> None:
    with closed_port() as port, pytest.raises(WaitAborted, match="ended with exit code 2") as ended:
        wait_healthy(f"http://127.0.0.1:{port}", timeout=LONG_TIMEOUT, abort_if=lambda: "ended with exit code 2")
    assert re.search(r"Last seen: GET /health: [^(]*refused", str(ended.value)), (
        "and not what libraries wrap around it"
    )
