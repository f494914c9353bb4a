"""What a single setting's value may be; each function returns the value or says what is allowed."""

import ipaddress
import math
import random
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import urlsplit

_PORTS = range(1, 65536)
_HOST_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?")
_PATH_OF_THE_API = re.compile(r"/api/patients(/.*)?$")
_YES_OR_NO = {
    **dict.fromkeys(("yes", "y", "true", "t", "on", "1"), True),
    **dict.fromkeys(("no", "n", "false", "f", "off", "0"), False),
}


def not_empty(value: object) -> object:
    """Return a value of any setting.

    Raises:
        ValueError: it is an empty text, which as a path would be the working folder.
    """
    if isinstance(value, str) and not value.strip():
        raise ValueError("a value")
    return value


def number(least: float, most: float) -> Callable[[object], float]:
    """Return a function that reads a number between two others, themselves among them."""

    def read(value: object) -> float:
        try:
            given = float(str(value))
        except ValueError:
            given = math.nan
        if not least <= given <= most:  # true of nan too
            raise ValueError(f"a number from {least:g} to {most:g}")
        return given

    return read


def whole_number(least: int, most: int | None = None) -> Callable[[object], int]:
    """Return a function that reads a whole number between two others, themselves among them."""
    allowed = f"a whole number from {least} on" if most is None else f"a whole number from {least} to {most}"

    def read(value: object) -> int:
        try:
            given = int(str(value))
        except ValueError:
            raise ValueError(allowed) from None
        if given < least or (most is not None and given > most):
            raise ValueError(allowed)
        return given

    return read


def yes_or_no(value: object) -> bool:
    """Return what is meant by yes, no, and what other programs write in place of them.

    Raises:
        ValueError: it is none of them.
    """
    try:
        return _YES_OR_NO[str(value).strip().lower()]
    except KeyError:
        raise ValueError("yes or no") from None


def service_address(value: str) -> str:
    """Return a service's address, as `web_address` does; the paths of the API are added to it.

    Raises:
        ValueError: it is none, or it has a path of the API already.
    """
    address = web_address(value)
    if _PATH_OF_THE_API.search(address):
        raise ValueError(f"an address without /api/patients, which is added to it: {_bare(value)}")
    return address


def web_address(value: str) -> str:
    """Return an address without its last slash.

    Raises:
        ValueError: it is no address of a server, it holds a password, which a command line would show, or it has
            a query or a fragment, behind which no path can be added.
    """
    address = urlsplit(value)
    try:
        complete = address.scheme in {"http", "https"} and address.hostname and address.port != 0
    except ValueError:  # a port that is no number
        complete = False
    if not complete:
        raise ValueError("an address that begins with http:// or https://")
    if "@" in address.netloc:
        raise ValueError("an address without user and password")
    if "?" in value or "#" in value:
        raise ValueError(f"an address that ends before its ? or #: {_bare(value)}")
    return value.rstrip("/")


def host_and_port(value: str) -> str:
    """Return one `host:port` or several.

    Raises:
        ValueError: one of them is none.
    """
    for server in value.split(","):
        host, _, port = server.strip().rpartition(":")
        if not host or not port.isdecimal() or int(port) not in _PORTS:
            raise ValueError("host:port, several with commas between them")
    return value


def host_names(value: str | Iterable[str]) -> tuple[str, ...]:
    """Return the names of a list with commas.

    Raises:
        ValueError: one of them is neither a name nor an IP address; there are no patterns.
    """
    names = value.split(",") if isinstance(value, str) else value
    hosts = tuple(name.strip().strip("[]").rstrip(".").lower() for name in names)
    if not all(_is_ip_address(host) or _HOST_NAME.fullmatch(host) for host in hosts):
        raise ValueError("names of hosts without port, several with commas between them")
    return hosts


def certificates_file(file: Path) -> Path:
    """Return a file of certificates as an absolute path; see `_pem_file`."""
    return _pem_file(file, "CERTIFICATE")


def private_key_file(file: Path) -> Path:
    """Return the file of a private key as an absolute path; see `_pem_file`."""
    return _pem_file(file, "PRIVATE KEY")


def secret_file(file: Path) -> Path:
    """Return a file that holds a secret.

    Raises:
        ValueError: it cannot be read, or it is empty.
    """
    if not read_secret(_readable(file)):
        raise ValueError("a file that holds the secret; this one is empty")
    return file


def read_secret(file: Path) -> str:
    """Return what a secret's file holds, without the line's end that editors add.

    Raises:
        ValueError: it is no text.
    """
    try:
        return file.expanduser().read_text(encoding="utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise ValueError("a file of text in UTF-8") from None


def seed(value: object) -> int:
    """Return a seed as it was given, and for `new` one that nobody has had.

    Raises:
        ValueError: it is neither `new` nor a number that a seed can be.
    """
    if value == "new":
        return random.randrange(2**32)  # noqa: S311 - no secret
    try:
        return whole_number(0)(value)
    except ValueError as wrong:
        raise ValueError(f"{wrong}, or new") from None


def _bare(value: str) -> str:
    """The address that is probably meant."""
    return _PATH_OF_THE_API.sub("", re.split(r"[?#]", value)[0].rstrip("/"))


def _is_ip_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _readable(file: Path) -> Path:
    try:
        with file.expanduser().open("rb"):
            return file.expanduser().absolute()  # the recorder runs in another folder
    except OSError as error:
        raise ValueError(f"a file that can be read; here: {error.strerror}") from None


def _pem_file(file: Path, kind: str) -> Path:
    """Return the absolute path of a PEM file.

    Raises:
        ValueError: it cannot be read, or nothing of this kind is in it.
    """
    readable = _readable(file)
    if not re.search(rf"-----BEGIN [A-Z ]*{kind}-----".encode(), readable.read_bytes()):
        raise ValueError(f"a PEM file, one with -----BEGIN {kind}----- in it")
    return readable
