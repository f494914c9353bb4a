"""The settings of a run: `behave -D name=value` first, then `BDD_NAME` in the environment, then the file `.env`."""

import difflib
import os
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from platformdirs import user_cache_path
from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, DotEnvSettingsSource, SettingsConfigDict

_PREFIX = "BDD_"
_PORTS = range(1, 65536)


class WrongSetting(Exception):
    """A setting has a wrong value or an unknown name; the message has a line for each."""


def _web_address(value: str) -> str:
    address = urlsplit(value)
    if address.scheme not in {"http", "https"} or not address.hostname:
        raise ValueError("an address that begins with http:// or https://")
    return value.rstrip("/")


def _host_and_port(value: str) -> str:
    for server in value.split(","):
        host, _, port = server.strip().rpartition(":")
        if not host or not port.isdecimal() or int(port) not in _PORTS:
            raise ValueError("host:port, several with commas between them")
    return value


_ONLY_FOR = {
    "api_url": "remote",
    "bootstrap_servers": "remote",
    "project": "attached",
    "network": "attached",
    "external_port": "compose",
    "keep": "compose",
}


def _seed(value: object) -> object:
    return random.randrange(2**32) if value == "new" else value  # noqa: S311 - no secret


Seconds = Annotated[float, Field(ge=0, le=600)]
Milliseconds = Annotated[int, Field(gt=0, le=3_600_000)]


class Settings(BaseSettings):
    """All settings, with their defaults. Field names are the names after `-D`."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_file=".env", frozen=True, extra="forbid")

    stack: Literal["embedded", "compose", "attached", "remote"] = Field(
        "embedded", description="how this run gets a platform"
    )
    api_url: Annotated[str, AfterValidator(_web_address)] | None = Field(
        None, description="remote: where the patient service answers"
    )
    bootstrap_servers: Annotated[str, AfterValidator(_host_and_port)] | None = Field(
        None, description="remote: the Kafka brokers to connect to first"
    )
    project: str | None = Field(None, description="attached: the Docker Compose project of the platform")
    network: str | None = Field(None, description="attached: the Docker network of the platform")
    external_port: Annotated[int, Field(ge=0, le=65535)] | None = Field(
        None, description="compose: the broker gets a listener EXTERNAL on this port of 127.0.0.1; 0: a free one"
    )
    keep: bool = Field(False, description="compose: leave the platform up when the run ends")
    contract: Path | None = Field(None, description="an AsyncAPI 3 document in place of contracts/asyncapi.yaml")
    deadline: Seconds = Field(5.0, description="seconds a published event may take where a step names none")
    deadline_factor: Annotated[float, Field(ge=1, le=100)] = Field(
        1.0, description="every deadline times this, for slow machines"
    )
    settling: Seconds = Field(
        2.0, description="seconds after the last action in which the audit awaits late events"
    )
    clock_tolerance: Seconds = Field(2.0, description="seconds the platform's clock may differ from this one's")
    model_seed: Annotated[int, BeforeValidator(_seed), Field(ge=0)] = Field(
        1, description="what the random lives are drawn from; new takes another one in each run"
    )
    model_stories: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        10, description="how many stories of random lives are played"
    )
    connections_max_idle_ms: Milliseconds = Field(60_000, description="Kafka client: idle connections are closed")
    request_timeout_ms: Milliseconds = Field(10_000, description="Kafka client: a request has failed")
    fetch_max_wait_ms: Milliseconds = Field(500, description="Kafka client: a fetch returns without data")
    cache_dir: Path = Field(
        default_factory=lambda: user_cache_path("psychotherapy-acceptance"),
        description="embedded: where the broker's files are kept between runs",
    )
    evidence_dir: Path = Field(Path("evidence"), description="where failed scenarios leave what was seen")

    @model_validator(mode="after")
    def _time_outs_nest(self) -> Self:
        if not self.connections_max_idle_ms > self.request_timeout_ms > self.fetch_max_wait_ms:
            raise ValueError(
                "the client time-outs must nest, connections_max_idle_ms > request_timeout_ms > fetch_max_wait_ms; "
                f"they are {self.connections_max_idle_ms}, {self.request_timeout_ms}, {self.fetch_max_wait_ms}"
            )
        return self

    @model_validator(mode="after")
    def _stack_has_what_it_needs(self) -> Self:
        given = {name for name in self.model_fields_set if getattr(self, name) is not None}
        for name in sorted(given & _ONLY_FOR.keys()):
            if self.stack != _ONLY_FOR[name]:
                raise ValueError(f"{name} belongs to -D stack={_ONLY_FOR[name]}; the stack is {self.stack}")
        missing = [name for name in ("api_url", "bootstrap_servers") if name not in given]
        if self.stack == "remote" and missing:
            raise ValueError(f"stack=remote needs {' and '.join(missing)} too: -D {missing[0]}=…")
        if self.stack == "attached" and len(given & {"project", "network"}) != 1:
            raise ValueError("stack=attached needs the platform's project or its network: -D project=…")
        return self


def load_settings(userdata: Mapping[str, str], env_file: Path = Path(".env")) -> Settings:
    """Return the settings of this run.

    Args:
        userdata: what was given with `behave -D`.
        env_file: a file of `BDD_NAME=value` lines; it need not exist.

    Raises:
        WrongSetting: a name is unknown or a value is wrong; nothing must be started then.
    """
    in_file = DotEnvSettingsSource(Settings, env_file=env_file).env_vars
    given = {f"-D {name}": name for name in userdata}
    given |= {name: name.removeprefix(_PREFIX).lower() for name in os.environ if name.startswith(_PREFIX)}
    given |= {
        f"{name.upper()} in {env_file}": name.removeprefix(_PREFIX.lower())
        for name in map(str.lower, in_file)
        if name.startswith(_PREFIX.lower())
    }
    unknown = [_unknown(spelt, name) for spelt, name in given.items() if name not in Settings.model_fields]
    unknown += [
        f"The setting {name} in {env_file} needs its prefix there: {_PREFIX}{name.upper()}=…"
        for name in in_file
        if name in Settings.model_fields
    ]
    if unknown:
        raise WrongSetting("\n".join(unknown))
    try:
        return Settings(_env_file=env_file, **dict(userdata))  # type: ignore[arg-type]
    except ValidationError as wrong:
        raise WrongSetting("\n".join(_sentence(dict(error)) for error in wrong.errors())) from None


def _unknown(spelt: str, name: str) -> str:
    close = difflib.get_close_matches(name, Settings.model_fields, n=1)
    meant = f" Did you mean {close[0]}?" if close else ""
    return f"The setting {spelt} is unknown.{meant} There are: {', '.join(Settings.model_fields)}."


def _sentence(error: dict[str, Any]) -> str:
    message = str(error["msg"]).removeprefix("Value error, ")
    if not error["loc"]:
        return f"Settings that do not go together: {message}."
    name = str(error["loc"][0])
    allowed = message.removeprefix("Input should be ")
    meaning = Settings.model_fields[name].description
    return f"The setting {name} is {error['input']!r}; allowed is: {allowed}. ({meaning})"
