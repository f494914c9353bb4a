"""The diagnosis of a connection: what was bootstrapped, what brokers advertise, and what of it is reached here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from bdd.kafka.connection.metadata import NoMetadata, Question
from bdd.kafka.connection.probe import Fault, Seen, probe
from bdd.system.network import Server, in_thread, is_local, is_own, servers

_BOOTSTRAP_SECONDS = 3.0
_ADVERTISED_SECONDS = 1.5
# What a probe sees is certain here; of the rest librdkafka has its say: a busy broker is silent for a while too.
_CERTAIN = {
    Fault.UNRESOLVED,
    Fault.REFUSED,
    Fault.UNREACHABLE,
    Fault.NOT_KAFKA,
    Fault.WANTS_TLS,
    Fault.NO_TLS,
}
# Of an advertised server, where librdkafka is not asked, these are told but stop nothing.
_UNCERTAIN = {Fault.SILENT, Fault.CLOSED, Fault.UNTRUSTED, Fault.WANTS_CERTIFICATE}


@dataclass(frozen=True)
class Broker:
    """One broker: its number, and the server that it advertises."""

    number: int
    seen: Seen


@dataclass(frozen=True)
class Diagnosis:
    """What a client here finds when it connects.

    Attributes:
        client: librdkafka's settings with which it was asked; secrets are among them.
        bootstrap: the servers that were asked first.
        brokers: what these advertise; empty where none of them gave metadata.
        topics: the topics that exist: name -> number of partitions; empty where the diagnosis is not sound.
    """

    client: Mapping[str, str] = field(repr=False)
    bootstrap: tuple[Seen, ...]
    brokers: tuple[Broker, ...] = ()
    topics: Mapping[str, int] = field(default_factory=dict)

    @property
    def told_by(self) -> Seen | None:
        """The server that gave the metadata."""
        return next((seen for seen in self.bootstrap if seen.error is None), None)

    @property
    def faulty_brokers(self) -> tuple[Broker, ...]:
        """The brokers that certainly cannot be reached where they are advertised."""
        return tuple(broker for broker in self.brokers if broker.seen.error not in {None, *_UNCERTAIN})

    @property
    def sound(self) -> bool:
        """Whether a client here reaches the brokers and all that they advertise."""
        return bool(self.brokers) and not self.faulty_brokers


def diagnose(bootstrap_servers: str, client_settings: Mapping[str, str]) -> Diagnosis:
    """Connect as a client does, and look at each step of it.

    Where the brokers answer, this takes some milliseconds; with an advertised name that does not resolve, less
    than two seconds.

    Args:
        bootstrap_servers: `host:port`, several with commas between them.
        client_settings: what `bdd.kafka.client_settings` returns.
    """
    asked = [
        in_thread(partial(probe, each, client_settings, _BOOTSTRAP_SECONDS)) for each in servers(bootstrap_servers)
    ]
    bootstrap = tuple(future.result() for future in asked)
    usable = [str(seen.server) for seen in bootstrap if seen.error not in _CERTAIN]
    if not usable:
        return Diagnosis(client_settings, bootstrap)
    try:
        question = Question({**client_settings, "bootstrap.servers": ",".join(usable)})
        advertised = question.brokers()
        answering = tuple(
            seen if seen.error in _CERTAIN else Seen(seen.server, seen.addresses) for seen in bootstrap
        )
        found = Diagnosis(client_settings, answering, _look_at(advertised, answering, client_settings))
        return replace(found, topics=question.topics()) if found.sound else found
    except NoMetadata as none:
        return Diagnosis(client_settings, tuple(_with_fault(seen, none) for seen in bootstrap))


def _with_fault(seen: Seen, none: NoMetadata) -> Seen:
    """What the probe has found says more, as long as it found something."""
    return seen if seen.error else replace(seen, error=none.error, detail=none.detail)


def _look_at(
    advertised: Mapping[int, Server], bootstrap: Sequence[Seen], client: Mapping[str, str]
) -> tuple[Broker, ...]:
    """Look at all advertised servers at once; those that were bootstrapped have been."""
    known = {seen.server: seen for seen in bootstrap if seen.error is None}
    probes = {
        number: in_thread(partial(probe, server, client, _ADVERTISED_SECONDS))
        for number, server in sorted(advertised.items())
        if server not in known
    }
    addresses = [address for seen in known.values() for address in seen.addresses]
    elsewhere = not any(is_local(address) or is_own(address) for address in addresses)
    brokers = []
    for number, server in sorted(advertised.items()):
        seen = probes[number].result() if number in probes else known[server]
        # A broker on another machine calls itself localhost: whatever answers here, it is not that broker.
        brokers.append(
            Broker(number, replace(seen, error=Fault.ELSEWHERE) if elsewhere and _is_here(seen) else seen)
        )
    return tuple(brokers)


def _is_here(seen: Seen) -> bool:
    return bool(seen.addresses) and all(map(is_local, seen.addresses))
