"""The types of single settings; where pydantic has no rule, a function says in its ValueError what is allowed."""

import ipaddress
import random
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_settings import NoDecode

_HOST_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?")
_API_PATH = re.compile(r"/api/patients(/.*)?$")


def read_secret(file: Path) -> str:
    """Return the content of a secret's file, without the line break that editors add at its end.

    Raises:
        ValueError: the file is not text.
    """
    try:
        return file.expanduser().read_text(encoding="utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise ValueError("a file of text in UTF-8") from None


def _web_address(value: str) -> str:
    """Refuse a password, which a command line would show, and a query, behind which no path can be added."""
    try:
        address = urlsplit(value)
        complete = address.scheme in {"http", "https"} and address.hostname and address.port != 0
    except ValueError:  # the port is not a number
        complete = False
    if not complete:
        raise ValueError("an address that begins with http:// or https://")
    if "@" in address.netloc:
        raise ValueError("an address without user and password")
    if "?" in value or "#" in value:
        raise ValueError(f"an address that ends before its ? or #: {_without_path(value)}")
    return value.rstrip("/")


def _service_address(value: str) -> str:
    if _API_PATH.search(address := _web_address(value)):
        raise ValueError(f"an address without /api/patients, which is added to it: {_without_path(value)}")
    return address


def _without_path(value: str) -> str:
    return _API_PATH.sub("", re.split(r"[?#]", value)[0].rstrip("/"))


def _servers(value: str) -> str:
    for server in value.split(","):
        host, _, port = server.strip().rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) <= 65535:  # noqa: PLR2004 - the highest port
            raise ValueError("host:port, several with commas between them")
    return value


def _host_names(value: str | Iterable[str]) -> tuple[str, ...]:
    names = value.split(",") if isinstance(value, str) else value
    hosts = tuple(name.strip().strip("[]").rstrip(".").lower() for name in names)
    if not all(_is_ip_address(host) or _HOST_NAME.fullmatch(host) for host in hosts):
        raise ValueError("names of hosts without port, several with commas between them")
    return hosts


def _is_ip_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _seed(value: object, read: ValidatorFunctionWrapHandler) -> int:
    if value == "new":
        return random.randrange(2**32)  # noqa: S311 - not a secret
    try:
        return int(read(value))
    except ValidationError:
        raise ValueError("a whole number from 0 on, or new") from None


def _readable(file: Path) -> Path:
    """Return the absolute path: the recorder runs in another folder."""
    try:
        with file.expanduser().open("rb"):
            return file.expanduser().absolute()
    except OSError as error:
        raise ValueError(f"a file that can be read; here: {error.strerror}") from None


def _secret_file(file: Path) -> Path:
    if not read_secret(_readable(file)):
        raise ValueError("a file that holds the secret; this one is empty")
    return file


def _pem_file(kind: str) -> Callable[[Path], Path]:
    def check(file: Path) -> Path:
        readable = _readable(file)
        if not re.search(rf"-----BEGIN [A-Z ]*{kind}-----".encode(), readable.read_bytes()):
            raise ValueError(f"a PEM file, one with -----BEGIN {kind}----- in it")
        return readable

    return check


Seconds = Annotated[float, Field(ge=0, le=600, allow_inf_nan=False)]
Milliseconds = Annotated[int, Field(ge=1, le=3_600_000)]
Seed = Annotated[int, Field(ge=0), WrapValidator(_seed)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
ServiceAddress = Annotated[str, AfterValidator(_service_address)]
Servers = Annotated[str, AfterValidator(_servers)]
HostNames = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_host_names)]
CertificatesFile = Annotated[Path, AfterValidator(_pem_file("CERTIFICATE"))]
PrivateKeyFile = Annotated[Path, AfterValidator(_pem_file("PRIVATE KEY"))]
SecretFile = Annotated[Path, AfterValidator(_secret_file)]
