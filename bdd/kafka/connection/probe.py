"""What one server says when it is connected to: a Kafka broker, something else, or nothing."""

import socket
import ssl
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import cast

from bdd.system.network import Server, Unresolved, connect, resolve

_REPLY_SECONDS = 1.0
# ApiVersions in its first version: brokers answer it before a login.
_CORRELATION_ID = 0x61637074
_ASK = struct.pack(">hhi", 18, 0, _CORRELATION_ID) + struct.pack(">h", 5) + b"suite"
_KAFKA_REQUEST = struct.pack(">i", len(_ASK)) + _ASK
_TLS_RECORDS = (b"\x15\x03", b"\x16\x03")
_HOSTNAME_MISMATCH = 62  # X509_V_ERR_HOSTNAME_MISMATCH
_IP_ADDRESS_MISMATCH = 64  # X509_V_ERR_IP_ADDRESS_MISMATCH


class Fault(StrEnum):
    """What is wrong with a server, seen from here."""

    UNRESOLVED = "its name does not resolve"
    REFUSED = "it refuses connections"
    UNREACHABLE = "it does not answer"
    CLOSED = "it closes connections at once"
    SILENT = "it says nothing"
    NOT_KAFKA = "it is no Kafka broker"
    WANTS_TLS = "it speaks TLS only"
    NO_TLS = "it does not speak TLS"
    UNTRUSTED = "its certificate is not trusted"
    WRONG_NAME = "its certificate is for another name"
    WANTS_CERTIFICATE = "it wants a client's certificate"
    WANTS_SASL = "it wants a login"
    NO_SASL = "it knows no login"
    MECHANISM = "it does not offer this SASL mechanism"
    AUTHENTICATION = "it refuses the credentials"
    NO_METADATA = "it gives no metadata"
    ELSEWHERE = "its name means another machine here"


@dataclass(frozen=True)
class Seen:
    """One server as seen from here.

    Attributes:
        addresses: what its name resolves to.
        error: what is wrong; None: it answers as a Kafka broker.
        detail: more about the fault, in the words of whoever noticed it.
    """

    server: Server
    addresses: tuple[str, ...] = ()
    error: Fault | None = None
    detail: str = ""

    @property
    def connects(self) -> bool:
        """Whether it takes TCP connections."""
        return self.error not in {Fault.UNRESOLVED, Fault.REFUSED, Fault.UNREACHABLE}

    def __str__(self) -> str:
        """The server with its addresses, unless they are what is written anyway."""
        others = [address for address in self.addresses if address != self.server.host]
        return f"{self.server} ({', '.join(others)})" if others else str(self.server)


def probe(server: Server, client: Mapping[str, str], timeout: float) -> Seen:
    """Resolve a server, connect, and ask it what every Kafka broker answers.

    Args:
        server: where to connect.
        client: librdkafka's settings; those of TLS are used.
        timeout: seconds for its name, and again for the connection.
    """
    try:
        seen = Seen(server, resolve(server.host, timeout))
    except Unresolved as error:
        return Seen(server, (), Fault.UNRESOLVED, str(error))
    try:
        with connect(seen.addresses, server.port, timeout) as connection:
            connection.settimeout(_REPLY_SECONDS)
            if client.get("security.protocol", "PLAINTEXT").endswith("SSL"):
                return _probe_tls(seen, connection, client)
            return _probe_plain(seen, connection)
    except ConnectionRefusedError:
        return replace(seen, error=Fault.REFUSED)
    except OSError as error:
        reason = f"not within {timeout:g} s" if isinstance(error, TimeoutError) else error.strerror
        return replace(seen, error=Fault.UNREACHABLE, detail=reason or str(error))


def tls_context(client: Mapping[str, str], *, check_name: bool = True) -> ssl.SSLContext:
    """Return Python's TLS with librdkafka's settings."""
    context = ssl.create_default_context(cafile=client.get("ssl.ca.location"))
    context.check_hostname = check_name
    if certificate := client.get("ssl.certificate.location"):
        password = client.get("ssl.key.password", "")  # without one it would ask on the terminal
        context.load_cert_chain(certificate, client.get("ssl.key.location"), password)
    return context


def _probe_plain(seen: Seen, connection: socket.socket) -> Seen:
    reply = _exchange(connection)
    if _is_kafka(reply):
        return seen
    if (reply or b"").startswith(_TLS_RECORDS) or _speaks_tls(seen):
        return replace(seen, error=Fault.WANTS_TLS)
    return _not_kafka(seen, reply)


def _probe_tls(seen: Seen, connection: socket.socket, client: Mapping[str, str]) -> Seen:
    try:
        with tls_context(client).wrap_socket(connection, server_hostname=seen.server.host) as secured:
            reply = _exchange(secured)
    except ssl.SSLCertVerificationError as error:
        if error.verify_code in {_HOSTNAME_MISMATCH, _IP_ADDRESS_MISMATCH}:
            return replace(seen, error=Fault.WRONG_NAME, detail=_names_in_certificate(seen, client))
        return replace(seen, error=Fault.UNTRUSTED, detail=error.verify_message)
    except OSError as error:
        return _failed_tls(seen, error)
    return seen if _is_kafka(reply) else _not_kafka(seen, reply)


def _failed_tls(seen: Seen, error: OSError) -> Seen:
    reason = str(getattr(error, "reason", "") or "")
    if "ALERT" in reason and ("CERTIFICATE" in reason or "UNKNOWN_CA" in reason or "HANDSHAKE" in reason):
        return replace(seen, error=Fault.WANTS_CERTIFICATE, detail=reason.lower().replace("_", " "))
    try:
        with connect(seen.addresses, seen.server.port, _REPLY_SECONDS) as connection:
            connection.settimeout(_REPLY_SECONDS)
            reply = _exchange(connection)
    except OSError:
        reply = None
    if _is_kafka(reply):
        return replace(seen, error=Fault.NO_TLS)
    return _not_kafka(seen, reply)


def _not_kafka(seen: Seen, reply: bytes | None) -> Seen:
    """The server's reply was no broker's: None where none came in time, empty where it hung up."""
    if not reply and (http := _ask_for_http(seen)):
        reply = http
    if reply:
        first = reply.split(b"\r\n")[0][:40].decode("ascii", "backslashreplace")
        return replace(seen, error=Fault.NOT_KAFKA, detail=first)
    return replace(seen, error=Fault.SILENT if reply is None else Fault.CLOSED)


def _exchange(connection: socket.socket, request: bytes = _KAFKA_REQUEST, length: int = 8) -> bytes | None:
    """Return the beginning of the reply, None where none comes in time."""
    end = time.monotonic() + (connection.gettimeout() or 0)
    reply = b""
    try:
        connection.sendall(request)
        while len(reply) < length and time.monotonic() < end:
            part = connection.recv(64)
            if not part:
                return reply
            reply += part
    except TimeoutError:
        return reply or None
    except ssl.SSLError:
        raise
    except ConnectionError:
        return reply
    return reply


def _is_kafka(reply: bytes | None) -> bool:
    return reply is not None and reply[4:8] == struct.pack(">i", _CORRELATION_ID)


def _speaks_tls(seen: Seen) -> bool:
    """Whether it answers a TLS handshake, with whatever certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        with connect(seen.addresses, seen.server.port, _REPLY_SECONDS) as connection:
            connection.settimeout(_REPLY_SECONDS)
            with context.wrap_socket(connection, server_hostname=seen.server.host):
                return True
    except ssl.SSLError as error:
        return "ALERT" in (error.reason or "")
    except OSError:
        return False


def _ask_for_http(seen: Seen) -> bytes:
    """A web server waits for the end of a request's head: give it one."""
    try:
        with connect(seen.addresses, seen.server.port, _REPLY_SECONDS) as connection:
            connection.settimeout(_REPLY_SECONDS)
            reply = _exchange(connection, b"HEAD / HTTP/1.0\r\n\r\n", length=40) or b""
    except OSError:
        return b""
    return reply if reply.startswith(b"HTTP/") else b""


def _names_in_certificate(seen: Seen, client: Mapping[str, str]) -> str:
    """The certificate is trusted, so that it may be read."""
    try:
        with connect(seen.addresses, seen.server.port, _REPLY_SECONDS) as connection:
            connection.settimeout(_REPLY_SECONDS)
            with tls_context(client, check_name=False).wrap_socket(connection) as secured:
                certificate = secured.getpeercert() or {}
    except OSError:
        return ""
    names = cast("tuple[tuple[str, str], ...]", certificate.get("subjectAltName", ()))
    return ", ".join(name for _, name in names)
