"""Names, addresses and connections as this machine sees them; every call has a time limit."""

import ipaddress
import socket
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Self, TypeVar

T = TypeVar("T")


class Unresolved(Exception):
    """A name has no address here; the message has the reason."""


@dataclass(frozen=True, order=True)
class Server:
    """A host and a port, as they are written."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `host:port`, `[::1]:port` too."""
        host, _, port = text.strip().rpartition(":")
        return cls(host.strip("[]"), int(port))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def servers(text: str) -> tuple[Server, ...]:
    """Read the servers of a list with commas."""
    return tuple(map(Server.parse, text.split(",")))


def in_thread(call: Callable[[], T]) -> "Future[T]":
    """Start a call in a daemon thread and return the future of its result."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001 - the reader of the result gets it
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


def resolve(host: str, timeout: float) -> tuple[str, ...]:
    """Return the addresses of a host. The system's resolver has no time limit, so it runs in a thread.

    Raises:
        Unresolved: there are none, or there was no answer within the timeout in seconds.
    """
    try:
        found = in_thread(lambda: socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)).result(timeout)
    except TimeoutError:
        raise Unresolved(f"no answer within {timeout:g} s") from None
    except socket.gaierror as error:
        raise Unresolved(error.strerror or str(error)) from None
    except UnicodeError:
        raise Unresolved("this is not a valid host name") from None
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


def connect(addresses: Sequence[str], port: int, timeout: float) -> socket.socket:
    """Return a connection to the first address that accepts one.

    Args:
        addresses: the addresses, tried in this order.
        port: the port.
        timeout: the seconds for all of them.

    Raises:
        OSError: none accepted one within the timeout; it is the error of the last.
    """
    end = time.monotonic() + timeout
    last: OSError = TimeoutError()
    for address in addresses:
        if (left := end - time.monotonic()) <= 0:
            break
        try:
            return socket.create_connection((address, port), left)
        except OSError as error:
            last = error
    raise last


def is_local(address: str) -> bool:
    """Return whether an address leads to this machine."""
    ip = _ip(address)
    return ip.is_loopback or ip.is_unspecified


def is_loopback(host: str) -> bool:
    """Return whether a host, as it is written, is this machine; no name but localhost is known."""
    if host == "localhost":
        return True
    try:
        return is_local(host)
    except ValueError:  # another name
        return False


def is_own(address: str) -> bool:
    """Return whether an address is one of this machine's: only then can it be bound."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True


_PRIVATE = [
    ipaddress.ip_network(each)
    for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "169.254.0.0/16", "fe80::/10")
]


def is_private(address: str) -> bool:
    """Return whether an address is in a network that the internet cannot reach: RFC 1918, ULA, link-local."""
    ip = _ip(address)
    return any(ip in network for network in _PRIVATE)


def _ip(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    ip = ipaddress.ip_address(address.partition("%")[0])
    return (isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped) or ip
