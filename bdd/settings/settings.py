"""The settings of a run: `behave -D name=value` first, then `BDD_NAME` in the environment, then the file `.env`."""

import contextlib
import difflib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from platformdirs import user_cache_path
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, DotEnvSettingsSource, NoDecode, SettingsConfigDict

from bdd.output import masking
from bdd.settings.env_file import faults_of
from bdd.settings.rules import security_is_complete, stack_has_what_it_needs, time_outs_nest
from bdd.settings.values import (
    certificates_file,
    host_and_port,
    host_names,
    not_empty,
    number,
    private_key_file,
    read_secret,
    secret_file,
    seed,
    service_address,
    web_address,
    whole_number,
    yes_or_no,
)

_PREFIX = "BDD_"


class InvalidSetting(Exception):
    """A setting has a wrong value or an unknown name; the message has a line for each."""


Seconds = Annotated[float, BeforeValidator(number(0, 600))]
Milliseconds = Annotated[int, BeforeValidator(whole_number(1, 3_600_000))]
ServiceAddress = Annotated[str, AfterValidator(service_address)]
WebAddress = Annotated[str, AfterValidator(web_address)]
CertificatesFile = Annotated[Path, AfterValidator(certificates_file)]
PrivateKeyFile = Annotated[Path, AfterValidator(private_key_file)]
SecretFile = Annotated[Path, AfterValidator(secret_file)]
HostNames = Annotated[tuple[str, ...], NoDecode, BeforeValidator(host_names)]


class Settings(BaseSettings):
    """All settings, with their defaults. Field names are the names after `-D`."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_file=".env", frozen=True, extra="forbid")

    stack: Literal["embedded", "compose", "attached", "remote"] = Field(
        "embedded", description="how this run gets a platform"
    )
    api_url: ServiceAddress | None = Field(None, description="remote: where the patient service answers")
    bootstrap_servers: Annotated[str, AfterValidator(host_and_port)] | None = Field(
        None, description="remote: the Kafka brokers to connect to first"
    )
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="remote: how the brokers are talked to"
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = Field(
        None, description="remote: how the user is authenticated"
    )
    sasl_username: str | None = Field(None, description="remote: the user's name at the brokers")
    sasl_password: SecretStr | None = Field(None, description="remote: the user's password at the brokers")
    sasl_password_file: SecretFile | None = Field(None, description="remote: a file that holds it")
    ssl_ca: CertificatesFile | None = Field(
        None, description="remote: a PEM file of the authorities that are trusted; none: those of this machine"
    )
    ssl_certificate: CertificatesFile | None = Field(
        None, description="remote: a PEM file of the certificate by which this client is known"
    )
    ssl_key: PrivateKeyFile | None = Field(None, description="remote: a PEM file of the certificate's key")
    ssl_key_password: SecretStr | None = Field(None, description="remote: what opens an encrypted key")
    ssl_key_password_file: SecretFile | None = Field(None, description="remote: a file that holds it")
    recorder_url: WebAddress | None = Field(
        None, description="remote: a recorder that runs already; none is started then"
    )
    recorder_token: SecretStr | None = Field(None, description="remote: the token of that recorder")
    recorder_token_file: SecretFile | None = Field(None, description="remote: a file that holds it")
    allow_host: HostNames = Field(
        (), description="remote: hosts to write to although they are neither local nor private"
    )
    project: str | None = Field(None, description="attached: the Docker Compose project of the platform")
    network: str | None = Field(None, description="attached: the Docker network of the platform")
    external_port: Annotated[int, BeforeValidator(whole_number(0, 65535))] | None = Field(
        None, description="compose: the broker gets a listener EXTERNAL on this port of 127.0.0.1; 0: a free one"
    )
    keep: Annotated[bool, BeforeValidator(yes_or_no)] = Field(
        False, description="compose: leave the platform up when the run ends"
    )
    contract: Path | None = Field(None, description="an AsyncAPI 3 document in place of contracts/asyncapi.yaml")
    deadline: Seconds = Field(5.0, description="seconds a published event may take where a step names none")
    deadline_factor: Annotated[float, BeforeValidator(number(1, 100))] = Field(
        1.0, description="every deadline times this, for slow machines"
    )
    settling: Seconds = Field(
        2.0, description="seconds after the last action in which the audit awaits late events"
    )
    clock_tolerance: Seconds = Field(2.0, description="seconds the platform's clock may differ from this one's")
    model_seed: Annotated[int, BeforeValidator(seed)] = Field(
        1, description="what the random lives are drawn from; new takes another one in each run"
    )
    model_stories: Annotated[int, BeforeValidator(whole_number(1, 1_000_000))] = Field(
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

    @field_validator("*", mode="before")
    @classmethod
    def _has_a_value(cls, value: object) -> object:
        return not_empty(value)

    @model_validator(mode="before")
    @classmethod
    def _secrets_from_files(cls, given: dict[str, Any]) -> dict[str, Any]:
        """A file that cannot be read is left to the check of its own setting, whose message says more."""
        for name in SECRETS:
            if not (file := given.get(f"{name}_file")):
                continue
            if given.get(name) is not None:
                raise ValueError(f"{name} is given by itself and by {name}_file: leave out one of them")
            with contextlib.suppress(OSError, ValueError):
                given = {**given, name: read_secret(Path(file)) or None}
        return given

    @model_validator(mode="after")
    def _go_together(self) -> Self:
        for rule in (time_outs_nest, stack_has_what_it_needs, security_is_complete):
            rule(self)
        return self


SECRETS = tuple(name.removesuffix("_file") for name, field in Settings.model_fields.items() if "_file" in name)
"""The settings that no command line may show; each has another one with `_file` after its name."""


def load_settings(userdata: Mapping[str, str], env_file: Path = Path(".env")) -> Settings:
    """Return the settings of this run.

    Args:
        userdata: what was given with `behave -D`.
        env_file: a file of `BDD_NAME=value` lines; it need not exist.

    Raises:
        InvalidSetting: a name is unknown or a value is wrong; nothing must be started then.
    """
    if faults := list(faults_of(env_file, _PREFIX)) or list(_wrong_names(userdata, env_file)):
        raise InvalidSetting("\n".join(faults))
    try:
        settings = Settings(_env_file=env_file, **dict(userdata))  # type: ignore[arg-type]
    except ValidationError as wrong:
        raise InvalidSetting("\n".join(_sentence(dict(error)) for error in wrong.errors())) from None
    masking.remember(secret_values(settings))
    return settings


def _wrong_names(userdata: Mapping[str, str], env_file: Path) -> Iterator[str]:
    in_file = DotEnvSettingsSource(Settings, env_file=env_file).env_vars
    given = {f"-D {name}": name for name in userdata}
    given |= {name: name.removeprefix(_PREFIX).lower() for name in os.environ if name.startswith(_PREFIX)}
    given |= {
        f"{name.upper()} in {env_file}": name.removeprefix(_PREFIX.lower())
        for name in map(str.lower, in_file)
        if name.startswith(_PREFIX.lower())
    }
    if shown := [name for name in userdata if name in SECRETS]:
        yield from map(_on_command_line, shown)
        return
    yield from (_unknown(spelt, name) for spelt, name in given.items() if name not in Settings.model_fields)
    for name in in_file:
        if name in Settings.model_fields:
            yield f"The setting {name} in {env_file} needs its prefix there: {_PREFIX}{name.upper()}=…"
    for name, value in userdata.items():
        # What -D gives to a name that stands alone; of all settings only this one can mean it.
        if value == "true" and name in Settings.model_fields and name != "keep":
            yield f"The setting -D {name} has no value. Give it one: -D {name}=…{_meaning(name)}"


def _on_command_line(name: str) -> str:
    return (
        f"The setting -D {name} is refused, for everyone on this machine can read a command line. There are two "
        f"other ways: {_PREFIX}{name.upper()}=… in the environment or in .env, or a file that holds it and "
        f"-D {name}_file=…"
    )


def _unknown(spelt: str, name: str) -> str:
    if not name:
        return f"The setting {spelt.strip()} has no name. It is given as -D name=value or as {_PREFIX}NAME=value."
    close = difflib.get_close_matches(name, Settings.model_fields, n=1)
    meant = f" Did you mean {close[0]}?" if close else ""
    return f"The setting {spelt} is unknown.{meant} There are: {', '.join(Settings.model_fields)}."


def _sentence(error: dict[str, Any]) -> str:
    message = str(error["msg"]).removeprefix("Value error, ")
    if not error["loc"]:
        return f"Settings that do not go together: {message}."
    name = str(error["loc"][0])
    if not str(error["input"]).strip():
        return f"The setting {name} is empty. Give it a value, or leave it out.{_meaning(name)}"
    allowed = message.removeprefix("Input should be ")
    value = "not usable" if name in SECRETS else masking.mask(repr(error["input"]))
    return f"The setting {name} is {value}; allowed is: {allowed}.{_meaning(name)}"


def _meaning(name: str) -> str:
    return f" ({Settings.model_fields[name].description})"


def secret_values(settings: Settings) -> list[str]:
    """Return the secrets among the settings, for the masking."""
    values = (getattr(settings, name) for name in type(settings).model_fields)
    return [value.get_secret_value() for value in values if isinstance(value, SecretStr)]
