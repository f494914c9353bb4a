"""Probes one server: whether it responds as a Kafka broker, as something else, or not at all."""

import socket
import ssl
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

from bdd.kafka.connection.problem import Problem
from bdd.system.network import Server, Unresolved, connect, resolve

_REPLY_SECONDS = 1.0
_REPLY_BYTES = 40
_LONGEST_REPLY = 4096
_METADATA = 3
# Version 0 of ApiVersions, which brokers answer before a login.
_CORRELATION_ID = struct.pack(">i", 0x61637074)
_API_VERSIONS = struct.pack(">ihh", 15, 18, 0) + _CORRELATION_ID + struct.pack(">h", 5) + b"suite"
_HTTP_HEAD = b"HEAD / HTTP/1.0\r\n\r\n"  # a web server responds to nothing less than a complete request
_NAME_MISMATCHES = {62, 64}  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH


@dataclass(frozen=True)
class ProbeResult:
    """One server as seen from this machine.

    Attributes:
        addresses: what the server's name resolves to.
        problem: why it cannot be used; None if it responds as a Kafka broker.
        detail: the problem in the words of the library or server that reported it.
    """

    server: Server
    addresses: tuple[str, ...] = ()
    problem: Problem | None = None
    detail: str = ""

    def __str__(self) -> str:
        """The server, and its addresses if they differ from its host."""
        others = [address for address in self.addresses if address != self.server.host]
        return f"{self.server} ({', '.join(others)})" if others else str(self.server)


def probe(server: Server, client: Mapping[str, str], timeout: float) -> ProbeResult:
    """Resolve a server's name, connect, and send a request that every Kafka broker answers.

    Args:
        server: where to connect.
        client: librdkafka's settings, of which those of TLS are used.
        timeout: seconds to resolve the name, and again to connect.
    """
    result = ProbeResult(server)
    try:
        result = replace(result, addresses=resolve(server.host, timeout))
        connect(result.addresses, server.port, timeout).close()
        problem, detail = _problem(result, client)
        return replace(result, problem=problem, detail=detail)
    except Unresolved as error:
        return replace(result, problem=Problem.UNRESOLVED, detail=str(error))
    except ConnectionRefusedError:
        return replace(result, problem=Problem.REFUSED)
    except OSError as error:
        reason = f"not within {timeout:g} s" if isinstance(error, TimeoutError) else error.strerror
        return replace(result, problem=Problem.UNREACHABLE, detail=reason or str(error))


def _problem(at: ProbeResult, client: Mapping[str, str]) -> tuple[Problem | None, str]:
    """Return what is wrong with a server that accepts connections."""
    secured = client.get("security.protocol", "").endswith("SSL")
    try:
        reply = _send(at, _API_VERSIONS, _tls_context(client) if secured else None)
    except ssl.SSLCertVerificationError as error:
        if error.verify_code in _NAME_MISMATCHES:
            return Problem.WRONG_NAME, _names_in_certificate(at, client)
        return Problem.UNTRUSTED, error.verify_message
    except ssl.SSLError as error:
        reason = error.reason or ""
        if "ALERT" in reason and ("CERTIFICATE" in reason or "UNKNOWN_CA" in reason or "HANDSHAKE" in reason):
            return Problem.REQUIRES_CERTIFICATE, reason.lower().replace("_", " ")
        reply = b""
    if not _is_kafka(reply):
        return _other_server(at, reply, secured=secured)
    return (Problem.CONTROLLER if _serves_no_clients(reply or b"") else None), ""


def _other_server(at: ProbeResult, reply: bytes | None, *, secured: bool) -> tuple[Problem, str]:
    """Return what a server is that does not respond as a Kafka broker with this security protocol."""
    if secured and not reply and _is_kafka(reply := _send(at, _API_VERSIONS)):
        return Problem.NO_TLS, ""
    if not secured and _speaks_tls(at):
        return Problem.REQUIRES_TLS, ""
    if reply := reply or _send(at, _HTTP_HEAD):
        return Problem.NOT_KAFKA, reply.split(b"\r\n")[0][:_REPLY_BYTES].decode("ascii", "backslashreplace")
    return (Problem.SILENT if reply is None else Problem.CLOSED), ""


def _tls_context(client: Mapping[str, str]) -> ssl.SSLContext:
    """Return a TLS context with librdkafka's settings."""
    context = ssl.create_default_context(cafile=client.get("ssl.ca.location"))
    if certificate := client.get("ssl.certificate.location"):
        password = client.get("ssl.key.password", "")  # without a password OpenSSL prompts for one
        context.load_cert_chain(certificate, client.get("ssl.key.location"), password)
    return context


def _connect(at: ProbeResult, context: ssl.SSLContext | None) -> socket.socket:
    plain = connect(at.addresses, at.server.port, _REPLY_SECONDS)
    return context.wrap_socket(plain, server_hostname=at.server.host) if context else plain


def _send(at: ProbeResult, request: bytes, context: ssl.SSLContext | None = None) -> bytes | None:
    """Return the beginning of the reply: None if none comes in time, empty if the connection is closed.

    Raises:
        ssl.SSLError: TLS failed.
    """
    end = time.monotonic() + _REPLY_SECONDS
    reply = b""
    try:
        with _connect(at, context) as connection:
            connection.sendall(request)
            while len(reply) < _length(reply) and time.monotonic() < end and (part := connection.recv(512)):
                reply += part
    except TimeoutError:
        return reply or None
    except ssl.SSLError:
        raise
    except OSError:
        return reply
    return reply


def _is_kafka(reply: bytes | None) -> bool:
    return (reply or b"")[4:8] == _CORRELATION_ID


def _length(reply: bytes) -> int:
    """Return how many bytes of a reply are needed: all of them where it is Kafka's, which begins with its size."""
    return min(4 + int.from_bytes(reply[:4], "big"), _LONGEST_REPLY) if _is_kafka(reply) else _REPLY_BYTES


def _serves_no_clients(reply: bytes) -> bool:
    """Return whether a server lists the requests that it takes, and the one for metadata is not among them."""
    error, count = struct.unpack_from(">hi", reply, 8) if len(reply) >= _length(reply) else (0, 0)
    keys = {key for key, *_ in struct.iter_unpack(">hhh", reply[14 : 14 + 6 * count])}
    return bool(keys) and not error and _METADATA not in keys


def _speaks_tls(at: ProbeResult) -> bool:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        return bool(_send(at, _API_VERSIONS, context))
    except ssl.SSLError as error:
        return "ALERT" in (error.reason or "")


def _names_in_certificate(at: ProbeResult, client: Mapping[str, str]) -> str:
    """Return the names in a trusted certificate."""
    context = _tls_context(client)
    context.check_hostname = False
    try:
        with _connect(at, context) as connection:
            certificate = cast("ssl.SSLSocket", connection).getpeercert() or {}
    except OSError:
        return ""
    names = cast("tuple[tuple[str, str], ...]", certificate.get("subjectAltName", ()))
    return ", ".join(name for _, name in names)
