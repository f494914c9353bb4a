"""A real broker with more listeners: secured ones, and ones that advertise other addresses."""

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from bdd.stacks.embedded.broker import (
    DATA_FOLDER,
    SERVER_PROPERTIES,
    Distribution,
    EmbeddedBroker,
    write_server_properties,
)
from bdd.system.processes import free_ports
from tests.support.certificates import Authority

USER = "suite"
PASSWORD = "correct-horse-battery"
_SCRAM = {"SCRAM-SHA-256": ScramMechanism.SCRAM_SHA_256, "SCRAM-SHA-512": ScramMechanism.SCRAM_SHA_512}
_SECONDS = 120.0  # a guard against hanging
_PLAIN_LOGIN = f'org.apache.kafka.common.security.plain.PlainLoginModule required user_{USER}="{PASSWORD}";'
_ACLS = """authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
"""
_SCRAM_LOGIN = "org.apache.kafka.common.security.scram.ScramLoginModule required;"


@dataclass(frozen=True)
class Listener:
    """One more listener of the broker.

    Attributes:
        protocol: its security protocol.
        advertised: the `host:port` that it advertises; None: its own.
        scram: whether it offers SCRAM besides PLAIN, if it requires a login.
        mutual: whether clients need a certificate.
        hosts: the hosts of its certificate.
        valid_for: how long its certificate is valid from now on.
    """

    protocol: str = "PLAINTEXT"
    advertised: str | None = None
    scram: bool = True
    mutual: bool = False
    hosts: tuple[str, ...] = ("localhost", "127.0.0.1")
    valid_for: timedelta = timedelta(days=1)


class SpecialBroker(EmbeddedBroker):
    """An embedded broker with named listeners besides its own PLAINTEXT one, which is `bootstrap_servers`.

    Args:
        distribution: the broker's files.
        folder: where it keeps its data.
        listeners: name -> listener.
        authority: issues the certificates of the listeners with TLS.
        with_acls: whether the user of a login may do only what `allow` says; who needs no login may do everything.
    """

    def __init__(
        self,
        distribution: Distribution,
        folder: Path,
        listeners: Mapping[str, Listener],
        authority: Authority | None = None,
        *,
        with_acls: bool = False,
    ) -> None:
        self._listeners = listeners
        self._authority = authority
        port, controller_port, *ports = free_ports(2 + len(listeners))
        self._ports = dict(zip(listeners, ports, strict=True))
        self.controller = f"127.0.0.1:{controller_port}"
        shutil.copytree(distribution.template, folder / DATA_FOLDER)
        write_server_properties(folder, port, controller_port)
        properties = folder / SERVER_PROPERTIES.name
        _add_listeners(properties, listeners, self._ports, authority)
        if with_acls:
            with properties.open("a", encoding="utf-8") as file:
                file.write(_ACLS)
        super().__init__(distribution, folder, port)

    def address(self, listener: str, host: str = "127.0.0.1") -> str:
        """Return the `host:port` of a listener."""
        return f"{host}:{self._ports[listener]}"

    def allow(self, operation: AclOperation, *topics: str) -> None:
        """Allow the user one operation on some topics, and return when it is allowed."""
        kind, literal = ResourceType.TOPIC, ResourcePatternType.LITERAL
        allowed = [
            AclBinding(kind, each, literal, f"User:{USER}", "*", operation, AclPermissionType.ALLOW)
            for each in topics
        ]
        admin = AdminClient({"bootstrap.servers": self.bootstrap_servers})
        for done in admin.create_acls(allowed, request_timeout=_SECONDS).values():
            done.result()

    def add_scram_user(self) -> None:
        """Create the user for SCRAM, and return when each listener accepts it."""
        admin = AdminClient({"bootstrap.servers": self.bootstrap_servers})
        for kind in _SCRAM.values():
            change = UserScramCredentialUpsertion(
                USER, ScramCredentialInfo(kind, 4096), PASSWORD.encode(), b"synthetic salt"
            )
            for done in admin.alter_user_scram_credentials([change], request_timeout=_SECONDS).values():
                done.result()
        for name, listener in self._listeners.items():
            if listener.protocol.startswith("SASL") and listener.scram:
                for mechanism in _SCRAM:
                    self._log_in(name, mechanism)

    def _log_in(self, name: str, mechanism: str) -> None:
        """Log in, however long a busy broker needs to learn of a new user."""
        client: dict[str, str | int | float | bool] = {
            "bootstrap.servers": self.address(name),
            "security.protocol": self._listeners[name].protocol,
            "sasl.mechanism": mechanism,
            "sasl.username": USER,
            "sasl.password": PASSWORD,
            "log_level": 0,
        }
        if self._authority:
            client["ssl.ca.location"] = str(self._authority.ca)
        AdminClient(client).list_topics(timeout=_SECONDS)


def _add_listeners(
    properties: Path, listeners: Mapping[str, Listener], ports: Mapping[str, int], authority: Authority | None
) -> None:
    """Later lines of a properties file replace earlier ones."""
    had = dict(
        line.split("=", 1) for line in properties.read_text("utf-8").splitlines() if "=" in line and line[0] != "#"
    )
    for name, listener in listeners.items():
        here = f"127.0.0.1:{ports[name]}"
        had["listeners"] += f",{name}://{here}"
        had["advertised.listeners"] += f",{name}://{listener.advertised or here}"
        had["listener.security.protocol.map"] += f",{name}:{listener.protocol}"
        if listener.protocol.startswith("SASL"):
            had |= _sasl(name, _SCRAM if listener.scram else ())
        if listener.protocol.endswith("SSL"):
            assert authority, "TLS needs an authority"
            had |= _tls(name, listener, authority)
    properties.write_text("".join(f"{name}={value}\n" for name, value in had.items()), encoding="utf-8")


def _sasl(listener: str, scram: Iterable[str]) -> dict[str, str]:
    prefix = f"listener.name.{listener.lower()}"
    logins = {"plain": _PLAIN_LOGIN, **{name.lower(): _SCRAM_LOGIN for name in scram}}
    return {
        f"{prefix}.sasl.enabled.mechanisms": ",".join(["PLAIN", *scram]),
        **{f"{prefix}.{mechanism}.sasl.jaas.config": login for mechanism, login in logins.items()},
    }


def _tls(listener: str, settings: Listener, authority: Authority) -> dict[str, str]:
    prefix = f"listener.name.{listener.lower()}.ssl"
    server = authority.issue(f"broker-{listener}", settings.hosts, valid_for=settings.valid_for)
    chain = server.certificate.with_suffix(".chain")
    chain.write_bytes(server.key.read_bytes() + server.certificate.read_bytes())
    return {
        f"{prefix}.keystore.type": "PEM",
        f"{prefix}.keystore.location": str(chain),
        f"{prefix}.truststore.type": "PEM",
        f"{prefix}.truststore.location": str(authority.ca),
        f"{prefix}.client.auth": "required" if settings.mutual else "none",
    }
