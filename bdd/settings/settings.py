"""The settings of a run: `behave -D name=value` first, then `BDD_NAME` in the environment, then the file `.env`."""

import difflib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal, Self

from platformdirs import user_cache_path
from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    create_model,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, DotEnvSettingsSource, SettingsConfigDict

from bdd.output import masking
from bdd.settings import values
from bdd.settings.env_file import errors_in, may_hold_settings
from bdd.settings.rules import check_api_ca, check_key, check_pair, check_security, check_stack
from bdd.system.environment import ENGINE, KERBEROS, for_python

_PREFIX = "BDD_"
SECRETS = ("sasl_password", "ssl_key_password", "recorder_token", "notify_to")
"""The settings that no command line may show; each has another one with `_file` after its name."""
_OF_OTHERS = ("worker_id", "parallel")
"""What BehaveX and Anubis give to each of their processes with `-D`."""
_PREFIX_OF_OTHERS = "qase-"
"""The beginning of the names that the formatter of Qase takes with `-D`; those of other formatters have a dot."""
_WITHOUT_PREFIX = "patient"
"""The service whose settings have no prefix, for it was once the only one."""


class InvalidSetting(Exception):
    """A setting has a wrong value or an unknown name; the message has a line for each."""


def _setting(description: str, default: object = None, *, only_for: str | None = None) -> Any:
    """Return a field that all stacks accept, or only one."""
    if only_for is None:
        return Field(default, description=description)
    return Field(default, description=f"{only_for}: {description}", json_schema_extra={"stack": only_for})


_remote = partial(_setting, only_for="remote")
_attached = partial(_setting, only_for="attached")
_compose = partial(_setting, only_for="compose")

_ABOUT_SERVICE = {
    "api_url": ("remote", "where the {} service answers"),
    "service": ("attached", "the container or Compose service of the {} service"),
    "port": ("attached", "the port of the {} service in its container"),
}


def _about_service(name: str, short: str) -> Any:
    stack, description = _ABOUT_SERVICE[name]
    return _setting(description.format(short.replace("-", " ")), only_for=stack)


@dataclass(frozen=True)
class ServiceSettings:
    """The settings about one service.

    Attributes:
        prefix: the beginning of their names: `therapist_`, and nothing for the patient service.
        api_url: where it answers, on the remote stack.
        service: its container or its service in Docker Compose, on the attached stack.
        port: its port in its container, on the attached stack.
    """

    prefix: str
    api_url: str | None = None
    service: str | None = None
    port: int | None = None


class Settings(BaseSettings):
    """All settings, with their defaults. Field names are the names after `-D`.

    settings = load_settings({"deadline": "10"})
    settings.deadline    # 10.0

    Those about a service are here for the patient service; `load_settings` adds them for each other one.
    """

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, dotenv_filtering="only_existing", frozen=True, extra="forbid"
    )

    stack: Literal["embedded", "compose", "attached", "remote"] = _setting(
        "how this run gets a platform", "embedded"
    )
    api_url: values.ServiceAddress | None = _about_service("api_url", _WITHOUT_PREFIX)
    api_ca: values.CertificatesFile | None = _remote(
        "a PEM file of the authorities that are trusted at https addresses; none: those of this machine"
    )
    bootstrap_servers: values.Servers | None = _remote("the Kafka brokers to connect to first")
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = _remote(
        "how this client connects to the brokers", "PLAINTEXT"
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = _remote(
        "how the user is authenticated"
    )
    sasl_username: str | None = _remote("the user's name at the brokers")
    sasl_password_file: values.SecretFile | None = _remote("a file that holds sasl_password")
    sasl_password: SecretStr | None = _remote("the user's password at the brokers")
    ssl_ca: values.CertificatesFile | None = _remote(
        "a PEM file of the trusted authorities; none: those of this machine"
    )
    ssl_certificate: values.CertificatesFile | None = _remote("a PEM file of this client's certificate")
    ssl_key: values.ReadableFile | None = _remote("a PEM file of the certificate's key")
    ssl_key_password_file: values.SecretFile | None = _remote("a file that holds ssl_key_password")
    ssl_key_password: SecretStr | None = _remote("what decrypts an encrypted key")
    recorder_url: values.WebAddress | None = _remote("a recorder that already runs; none is started then")
    recorder_token_file: values.SecretFile | None = _remote("a file that holds recorder_token")
    recorder_token: SecretStr | None = _remote("the token of that recorder")
    allow_host: values.HostNames = _remote("hosts to write to although they are neither local nor private", ())
    project: str | None = _attached("the Docker Compose project of the platform")
    network: str | None = _attached("the Docker network of the platform")
    service: str | None = _about_service("service", _WITHOUT_PREFIX)
    port: values.ContainerPort | None = _about_service("port", _WITHOUT_PREFIX)
    broker: str | None = _attached("the container or Compose service of the broker")
    external_port: values.Port | None = _compose(
        "the broker gets a listener EXTERNAL on this port of 127.0.0.1; 0: a free one"
    )
    keep: values.YesOrNo = _compose("leave the platform up when the run ends", False)
    contract: Path | None = _setting("an AsyncAPI 3 document in place of contracts/asyncapi.yaml")
    openapi: values.ReadableFiles = _setting(
        "OpenAPI 3 documents in place of those in contracts/ that have the same paths", ()
    )
    deadline: values.Seconds = _setting("seconds a published event may take if a step names none", 5.0)
    deadline_factor: values.Factor = _setting("every deadline times this, for slow machines", 1.0)
    settling: values.Seconds = _setting("seconds the audit waits for late events after the last action", 2.0)
    clock_tolerance: values.Seconds = _setting("seconds the platform's clock may differ from this one's", 2.0)
    causes: Literal["once", "each"] = _setting(
        "once: a failure whose cause was printed before is one line; each: all are printed in full", "once"
    )
    model_seed: values.Seed = _setting("the seed of the random programs; new draws another one in each run", 1)
    model_programs: values.Count = _setting("how many random programs are played", 10)
    connections_max_idle_ms: values.Milliseconds = _setting("Kafka client: idle connections are closed", 60_000)
    request_timeout_ms: values.Milliseconds = _setting("Kafka client: a request has failed", 10_000)
    fetch_max_wait_ms: values.Milliseconds = _setting("Kafka client: a fetch returns without data", 500)
    cache_dir: Path = Field(
        default_factory=lambda: user_cache_path("psychotherapy-acceptance"),
        description="embedded: where the broker's files are kept between runs",
    )
    run_dir: Path | None = _setting(
        "where a run keeps what it needs while it lasts, such as the recorder's journal; none: the system's folder"
    )
    shard: values.ShardOfRun | None = _setting("which part of the scenarios is executed, such as 2/3; none: all")
    history: values.Count = _setting("how many of the newest runs the report compares", 30)
    results_keep: values.Count = _setting("how many results of one stack and selection are kept", 100)
    results_days: values.Count = _setting("for how many days results are kept", 180)
    database_away: str | None = _setting("a command that takes the platform's database away, for @database-outage")
    database_back: str | None = _setting("a command that brings it back")
    evidence_dir: Path = _setting("where failed scenarios leave their evidence", Path("evidence"))
    results_dir: Path = _setting("where each run leaves the file of its results", Path("results"))
    known: Path = _setting("the file of the known failures; it need not exist", Path("known.yaml"))
    time_limit: values.Minutes = _setting("nightly: minutes after which the run is ended", 120.0)
    notify: Literal["failure", "change", "always"] = _setting(
        "nightly: when a notice is sent: not if all is well, only if anything has changed, or always", "always"
    )
    notify_to_file: values.SecretFile | None = _setting("a file that holds notify_to")
    notify_to: SecretStr | None = _setting("nightly: the receivers' addresses, with spaces or line breaks between")
    report_url: values.WebAddress | None = _setting("nightly: where the report can be read, for the notice")

    @field_validator("*", mode="before")
    @classmethod
    def _is_not_empty(cls, value: object) -> object:
        """An empty path would be the working folder."""
        if isinstance(value, str) and not value.strip():
            raise ValueError("a value")
        return value

    @field_validator(*SECRETS)
    @classmethod
    def _read_from_file(cls, value: SecretStr | None, others: ValidationInfo) -> SecretStr | None:
        file = others.data.get(f"{others.field_name}_file")
        return SecretStr(values.read_secret(file)) if file and value is None else value

    @model_validator(mode="after")
    def _go_together(self) -> Self:
        given = self.model_fields_set
        if twice := [name for name in SECRETS if {name, f"{name}_file"} <= given]:
            raise ValueError(f"{twice[0]} is given by itself and by {twice[0]}_file: leave out one of them")
        given = {name.removesuffix("_file") for name in given}
        password = self.ssl_key_password.get_secret_value() if self.ssl_key_password else None
        idle, request, fetch = self.connections_max_idle_ms, self.request_timeout_ms, self.fetch_max_wait_ms
        if not idle > request > fetch:  # a client would close connections on which it still waits
            raise ValueError(
                "the client time-outs must nest, connections_max_idle_ms > request_timeout_ms > fetch_max_wait_ms; "
                f"they are {idle}, {request}, {fetch}"
            )
        check_stack(self.stack, given, _stacks(type(self)))
        check_security(self.security_protocol, given)
        check_api_ca(given, [getattr(self, name) for name in given if name.endswith(("api_url", "recorder_url"))])
        check_pair(given, "database_away", "database_back")
        check_key(self.ssl_certificate, self.ssl_key, password)
        return self

    @property
    def receivers(self) -> list[str]:
        """The addresses of those who get a notice."""
        return self.notify_to.get_secret_value().split() if self.notify_to else []

    def of_service(self, short: str) -> ServiceSettings:
        """Return the settings about the service with this name, which has no `-service` at its end."""
        prefix = prefix_of(short)
        own = {name: getattr(self, prefix + name, None) for name in _ABOUT_SERVICE}
        return ServiceSettings(prefix, **own)


def prefix_of(short: str) -> str:
    """Return the beginning of the names of a service's settings: `therapist_`, and nothing for the patients'."""
    return "" if short == _WITHOUT_PREFIX else f"{short.replace('-', '_')}_"


@cache
def _settings_with(services: tuple[str, ...]) -> type[Settings]:
    """Return the class of the settings with those about each of these services."""
    added: dict[str, Any] = {
        f"{prefix_of(short)}{name}": (Settings.model_fields[name].annotation, _about_service(name, short))
        for short in services
        if short != _WITHOUT_PREFIX
        for name in _ABOUT_SERVICE
    }
    return create_model("Settings", __base__=Settings, **added)


@cache
def _stacks(model: type[Settings]) -> Mapping[str, str]:
    """Return the only stack of each setting that has one: name -> stack."""
    return {
        name: str(field.json_schema_extra["stack"])
        for name, field in model.model_fields.items()
        if isinstance(field.json_schema_extra, dict)
    }


def load_settings(
    userdata: Mapping[str, str], env_file: Path = Path(".env"), *, services: Iterable[str] = ()
) -> Settings:
    """Return the settings of this run.

    Args:
        userdata: the definitions of `behave -D`.
        env_file: a file of `BDD_NAME=value` lines; it need not exist.
        services: the names of the services without `-service`; each has settings of its own.

    Raises:
        InvalidSetting: a name is unknown or a value is wrong; nothing must be started then.
    """
    model = _settings_with(tuple(services))
    own_file = env_file if may_hold_settings(env_file, _PREFIX) else None
    given = {name: value for name, value in userdata.items() if not _is_of_others(name)}
    errors = list(errors_in(own_file, _PREFIX)) if own_file else []
    if errors := errors or list(_wrong_names(model, given, own_file)):
        raise InvalidSetting("\n".join(errors))
    try:
        settings = model(_env_file=own_file, **given)  # type: ignore[arg-type]
    except ValidationError as wrong:
        raise InvalidSetting("\n".join(_sentence(model, dict(error)) for error in wrong.errors())) from None
    secrets = (getattr(settings, name) for name in SECRETS)
    masking.remember(secret.get_secret_value() for secret in secrets if secret)
    masking.remember(settings.receivers)
    return settings


def _is_of_others(name: str) -> bool:
    """Return whether what `-D` names is for a runner or a formatter; none of ours has a dot in its name."""
    return "." in name or name in _OF_OTHERS or name.startswith(_PREFIX_OF_OTHERS)


def _wrong_names(model: type[Settings], userdata: Mapping[str, str], env_file: Path | None) -> Iterator[str]:
    """Yield a sentence for each name that is unknown, or that cannot be given in this way."""
    if shown := [name for name in userdata if name in SECRETS]:
        for name in shown:
            yield (
                f"The setting -D {name} is refused: everyone on this machine can read a command line. There are "
                f"two other ways: {_PREFIX}{name.upper()}=… in the environment or in .env, or a file that holds it "
                f"and -D {name}_file=…"
            )
        return
    known = model.model_fields
    in_file = DotEnvSettingsSource(model, env_file=env_file).env_vars  # in lower case
    given = {f"-D {name}": name for name in userdata}
    given |= {name: name.removeprefix(_PREFIX).lower() for name in os.environ if name.startswith(_PREFIX)}
    prefix = _PREFIX.lower()
    given |= {f"{n.upper()} in {env_file}": n.removeprefix(prefix) for n in in_file if n.startswith(prefix)}
    yield from (_unknown(known, spelt, name) for spelt, name in given.items() if name not in known)
    for name, value in userdata.items():
        # What -D gives to a name that stands alone; of all settings only this one can mean it.
        if value == "true" and name in known and name != "keep":
            yield f"The setting -D {name} has no value. Give it one: -D {name}=…{_meaning(model, name)}"


def _unknown(known: Iterable[str], spelt: str, name: str) -> str:
    if not name:
        return f"The setting {spelt.strip()} has no name. It is given as -D name=value or as {_PREFIX}NAME=value."
    close = difflib.get_close_matches(name, known, n=1)
    meant = f" Did you mean {close[0]}?" if close else ""
    return f"The setting {spelt} is unknown.{meant} There are: {', '.join(known)}."


def _sentence(model: type[Settings], error: dict[str, Any]) -> str:
    allowed = str(error["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
    if not error["loc"]:
        return f"Settings that do not go together: {allowed}."
    name = str(error["loc"][0])
    if not str(error["input"]).strip():
        return f"The setting {name} is empty. Give it a value, or leave it out.{_meaning(model, name)}"
    value = "not usable" if name in SECRETS else masking.mask(repr(error["input"]))
    return f"The setting {name} is {value}; allowed is: {allowed}.{_meaning(model, name)}"


def _meaning(model: type[Settings], name: str) -> str:
    return f" ({model.model_fields[name].description})"


def environment_without_settings(**more: str) -> dict[str, str]:
    """Return an environment for a run that must not take this process's settings, and `more`.

    Only the setting of the broker's files stays: without them they would be downloaded again.
    """
    return for_python(f"{ENGINE} {KERBEROS} {_PREFIX}CACHE_DIR") | more
