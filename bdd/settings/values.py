"""The types of the settings; a validator's ValueError says what is allowed."""

import random
import re
import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_settings import NoDecode

from bdd.settings.shard import Shard

_HOST = re.compile(r"\w([\w.-]*\w)?|(?=.*:.*:)[0-9a-f:.]+", re.ASCII)  # a name, or an IP address
_SERVER = re.compile(r"[^\s,]+:(?P<port>[0-9]{1,5})")
_WEB_ADDRESS = re.compile(r"https?://([^\s/?#@:\[\]]+|\[[0-9A-Fa-f:.]+\])(:[1-9][0-9]{0,4})?(/[^\s?#]*)?")
_WITH_API_PATH = re.compile(
    r"(?P<address>\w+://[^/]+.*)(?P<path>/api(?:/[a-z_-]+(?=[/?#]|$)|(?=/*$))).*", re.DOTALL
)
_LISTENER = re.compile(r"(?P<protocol>\w+)://")
_PORTS = range(1, 65536)


def _allowed(values: str) -> WrapValidator:
    """Return a validator that replaces pydantic's message by the allowed values."""

    def check(value: object, validate: ValidatorFunctionWrapHandler) -> object:
        try:
            return validate(value)
        except ValidationError:
            raise ValueError(values) from None

    return WrapValidator(check)


def _web_address(value: str) -> str:
    """Refuse a password, which a command line would show, and a query, after which no path can be added."""
    if not _WEB_ADDRESS.fullmatch(value):
        raise ValueError("an address that begins with http:// or https://, without user and password, ? and #")
    return value.rstrip("/")


def _service_address(value: str) -> str:
    found = _WITH_API_PATH.fullmatch(value)
    address = _web_address(found["address"] if found else value)  # refused first where it has a password
    if found:
        raise ValueError(f"an address without {found['path']}, which is added to it: {address}")
    return address


def _servers(value: str) -> str:
    if found := _LISTENER.search(value):
        without = _LISTENER.sub("", value)
        raise ValueError(f"host:port without {found[0]}, which brokers have before their listeners: {without}")
    servers = [_SERVER.fullmatch(server.strip()) for server in value.split(",")]
    if not all(server and int(server["port"]) in _PORTS for server in servers):
        raise ValueError("host:port, several with commas between them")
    return value


def _host_names(value: str | Iterable[str]) -> tuple[str, ...]:
    names = value.split(",") if isinstance(value, str) else value
    hosts = tuple(name.strip().strip("[]").rstrip(".").lower() for name in names)
    if not all(_HOST.fullmatch(host) for host in hosts):
        raise ValueError("names of hosts without port, several with commas between them")
    return hosts


def _readable(file: Path) -> Path:
    """Return the absolute path: the recorder runs in another folder."""
    try:
        with file.expanduser().open("rb"):
            return file.expanduser().absolute()
    except OSError as error:
        raise ValueError(f"a file that can be read; here: {error.strerror}") from None


def _readable_files(value: str | Iterable[Path]) -> tuple[Path, ...]:
    files = value.split(",") if isinstance(value, str) else value
    try:
        return tuple(_readable(Path(str(file).strip())) for file in files)
    except ValueError as error:
        why = str(error).partition("; ")[2]
        raise ValueError(f"files that can be read, several with commas between them; {why}") from None


def _certificates(file: Path) -> Path:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(file)
    except ssl.SSLError as error:
        raise ValueError(f"a PEM file with a certificate that can be read; here: {error}") from None
    return file


def _secret_file(file: Path) -> Path:
    try:
        if read_secret(file):
            return file
    except UnicodeDecodeError:
        raise ValueError("a file of text in UTF-8") from None
    raise ValueError("a file that holds the secret; this one is empty")


def read_secret(file: Path) -> str:
    """Return the content of a secret's file, without the line break that editors add at its end."""
    return file.read_text(encoding="utf-8").rstrip("\r\n")


def _shard(value: object) -> object:
    return Shard.parse(value) if isinstance(value, str) else value


def _new_seed(value: object) -> object:
    return random.randrange(2**32) if value == "new" else value  # noqa: S311 - not a secret


YesOrNo = Annotated[bool, _allowed("yes or no")]
ContainerPort = Annotated[int, Field(ge=1, le=65535), _allowed("a whole number from 1 to 65535")]
Port = Annotated[int, Field(ge=0, le=65535), _allowed("a whole number from 0 to 65535")]
Seconds = Annotated[float, Field(ge=0, le=600, allow_inf_nan=False), _allowed("a number from 0 to 600")]
Minutes = Annotated[float, Field(gt=0, le=1440, allow_inf_nan=False), _allowed("a number above 0, up to 1440")]
Factor = Annotated[float, Field(ge=1, le=100, allow_inf_nan=False), _allowed("a number from 1 to 100")]
Count = Annotated[int, Field(ge=1, le=1_000_000), _allowed("a whole number from 1 to 1000000")]
Milliseconds = Annotated[int, Field(ge=1, le=3_600_000), _allowed("a whole number from 1 to 3600000")]
Seed = Annotated[int, Field(ge=0), BeforeValidator(_new_seed), _allowed("a whole number from 0 on, or new")]
ShardOfRun = Annotated[Shard, BeforeValidator(_shard)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
ServiceAddress = Annotated[str, AfterValidator(_service_address)]
Servers = Annotated[str, AfterValidator(_servers)]
HostNames = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_host_names)]
ReadableFile = Annotated[Path, AfterValidator(_readable)]
ReadableFiles = Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_readable_files)]
CertificatesFile = Annotated[ReadableFile, AfterValidator(_certificates)]
SecretFile = Annotated[ReadableFile, AfterValidator(_secret_file)]
