"""A service's settings, read from the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from reference.shared.errors import WrongSettingError

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
HIGHEST_PORT = 65535


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where a service listens, where its database and its broker are, and how much it logs."""

    database_url: str
    port: int
    kafka_bootstrap_servers: str = "localhost:9092"
    host: str = "127.0.0.1"
    log_level: str = "INFO"

    def with_environment(self, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Return the settings with what DATABASE_URL, KAFKA_BOOTSTRAP_SERVERS, HOST, PORT and LOG_LEVEL change.

        Raises:
            WrongSettingError: a value is wrong.
        """
        servers = environment.get("KAFKA_BOOTSTRAP_SERVERS", self.kafka_bootstrap_servers)
        return Settings(
            database_url=_database_url(environment.get("DATABASE_URL", self.database_url)),
            kafka_bootstrap_servers=_bootstrap_servers(servers),
            host=_host(environment.get("HOST", self.host)),
            port=_port("PORT", environment.get("PORT", str(self.port))),
            log_level=_log_level(environment.get("LOG_LEVEL", self.log_level)),
        )


def _database_url(value: str) -> str:
    # The relay has a connection of its own: a database in memory would be another one for it.
    file = value.removeprefix("sqlite:///")
    on_disk = file != value and file not in ("", ":memory:")
    if not on_disk and not value.startswith("postgresql+psycopg://"):
        # The value itself is not repeated: it may hold a password.
        raise WrongSettingError(
            "DATABASE_URL must be sqlite:///<file> or postgresql+psycopg://<user>:<password>@<host>/<database>."
        )
    return value


def _bootstrap_servers(value: str) -> str:
    for server in value.split(","):
        host, _, port = server.strip().rpartition(":")
        if not host:
            raise WrongSettingError(f"KAFKA_BOOTSTRAP_SERVERS must be host:port,host:port,…, not {value!r}.")
        _port("KAFKA_BOOTSTRAP_SERVERS", port)
    return value


def _host(value: str) -> str:
    if not value:
        raise WrongSettingError("HOST must name the address to listen on, for example 127.0.0.1.")
    return value


def _port(name: str, value: str) -> int:
    if not (value.isascii() and value.isdigit() and 1 <= int(value) <= HIGHEST_PORT):
        raise WrongSettingError(f"{name} needs a port between 1 and {HIGHEST_PORT}, not {value!r}.")
    return int(value)


def _log_level(value: str) -> str:
    if value.upper() not in LOG_LEVELS:
        raise WrongSettingError(f"LOG_LEVEL must be one of {', '.join(LOG_LEVELS)}, not {value!r}.")
    return value.upper()
