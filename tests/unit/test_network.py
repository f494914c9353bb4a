"""Names and connections: never longer than they are given."""

import socket
import ssl
import threading
from typing import Any

import pytest

from bdd.system import network
from bdd.system.http import session_for, speaks_no_tls
from bdd.system.network import (
    Server,
    Unresolved,
    connect,
    is_local,
    is_own,
    is_private,
    resolve,
    servers,
)
from tests.support.builders import LONG_TIMEOUT, stand_in
from tests.support.closed_port import closed_port


@pytest.mark.parametrize(
    ("text", "server"),
    [("kafka:9092", Server("kafka", 9092)), ("[::1]:9092", Server("::1", 9092)), (" a.b:1", Server("a.b", 1))],
)
def test_a_server_is_read_and_written(text: str, server: Server) -> None:
    assert Server.parse(text) == server
    assert str(server) == text.strip()
    assert servers(f"{text},{text}") == (server, server)


def test_a_resolver_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()
    monkeypatch.setattr(
        network, "socket", stand_in(socket, getaddrinfo=lambda *_, **__: answered.wait(LONG_TIMEOUT))
    )
    with pytest.raises(Unresolved, match=r"^no answer within 0\.05 s$"):
        resolve("kafka", timeout=0.05)
    assert not answered.is_set()
    answered.set()


@pytest.mark.parametrize(
    ("host", "message"),
    [
        ("kafka.invalid", r"^Name or service not known$"),
        ("a" * 64 + ".org", r"^this is not a valid host name$"),
        ("..", r"^this is not a valid host name$"),
    ],
)
def test_a_name_without_an_address_has_a_reason(host: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str, *rest: Any, **options: Any) -> Any:
        if name == "kafka.invalid":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return socket.getaddrinfo(name, *rest, **options)

    monkeypatch.setattr(network, "socket", stand_in(socket, getaddrinfo=unknown))
    with pytest.raises(Unresolved, match=message):
        resolve(host, timeout=LONG_TIMEOUT)


def test_a_connection_is_made_to_the_first_address_that_takes_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with connect(["127.0.0.99", "127.0.0.1"], port, timeout=LONG_TIMEOUT) as connection:
            assert connection.getpeername() == ("127.0.0.1", port)
    with closed_port() as port, pytest.raises(ConnectionRefusedError):
        connect(["127.0.0.1"], port, timeout=LONG_TIMEOUT)
    with pytest.raises(TimeoutError):
        connect([], 1, timeout=LONG_TIMEOUT)


def test_addresses_are_known_by_where_they_lead() -> None:
    assert is_local("127.0.0.2")
    assert is_own("127.0.0.1")
    assert not is_own("203.0.113.7")
    assert is_private("fe80::1%eth0")
    assert not is_private("127.0.0.1")


@pytest.mark.parametrize(
    ("url", "through_a_proxy"),
    [
        ("http://127.0.0.1:8001", False),
        ("http://localhost:8001", False),
        ("http://[::1]:8001", False),
        ("http://172.18.0.5:8080", False),
        ("http://[fd00::5]:8080", False),
        ("http://recorder:8080", False),
        ("https://203.0.113.7", True),
        ("https://recorder.example.org", True),
    ],
)
def test_a_proxy_is_for_what_is_far_away(url: str, through_a_proxy: bool) -> None:
    with session_for(url) as session:
        assert session.trust_env is through_a_proxy


def test_a_port_without_tls_is_told_from_a_wrong_certificate() -> None:
    def failed(inner: Exception) -> Exception:
        outer = ConnectionError("wrapped")
        outer.__cause__ = inner
        return outer

    assert speaks_no_tls(failed(ssl.SSLError("[SSL: WRONG_VERSION_NUMBER] wrong version number")))
    assert speaks_no_tls(failed(TimeoutError("_ssl.c:989: The handshake operation timed out")))
    assert not speaks_no_tls(failed(ssl.SSLCertVerificationError("self-signed certificate")))
    assert not speaks_no_tls(failed(ConnectionRefusedError("Connection refused")))
