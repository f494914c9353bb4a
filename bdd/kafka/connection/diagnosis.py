"""Diagnoses a connection: the bootstrap servers, what the brokers advertise, and which of it is reachable here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from bdd.kafka.connection.metadata import NoMetadata, fetch_brokers, fetch_topics
from bdd.kafka.connection.probe import ProbeResult, probe
from bdd.kafka.connection.problem import Problem
from bdd.system.network import Server, in_thread, is_local, is_own, servers

_BOOTSTRAP_SECONDS = 3.0
_ADVERTISED_SECONDS = 1.5


@dataclass(frozen=True)
class Diagnosis:
    """What a client on this machine finds when it connects.

    Attributes:
        client: librdkafka's settings, including secrets.
        bootstrap: the bootstrap servers.
        advertised: the servers that the brokers advertise, by the broker's number; empty without metadata.
        topics: the existing topics: name -> number of partitions, without internal ones; empty if not sound.
    """

    client: Mapping[str, str] = field(repr=False)
    bootstrap: tuple[ProbeResult, ...]
    advertised: Mapping[int, ProbeResult] = field(default_factory=dict)
    topics: Mapping[str, int] = field(default_factory=dict)

    @property
    def answered_by(self) -> ProbeResult | None:
        """The bootstrap server that returned the metadata."""
        return next((result for result in self.bootstrap if result.problem is None), None)

    @property
    def unusable(self) -> ProbeResult | None:
        """The first advertised server that certainly cannot be used."""
        results = self.advertised.values()
        return next((result for result in results if result.problem and result.problem.certain), None)

    @property
    def sound(self) -> bool:
        """Whether a client on this machine can use all advertised servers."""
        return bool(self.advertised) and not self.unusable


def diagnose(bootstrap_servers: str, client_settings: Mapping[str, str]) -> Diagnosis:
    """Connect as a client does, and check each step.

    It takes milliseconds if all servers can be used, and rarely more than three seconds if one cannot.

    Args:
        bootstrap_servers: `host:port`, or several separated by commas.
        client_settings: the result of `bdd.kafka.client_settings`.
    """
    probing = partial(_probe_all, client=client_settings)
    bootstrap = tuple(probing(servers(bootstrap_servers), timeout=_BOOTSTRAP_SECONDS))
    usable = [str(result.server) for result in bootstrap if not (result.problem and result.problem.certain)]
    if not usable:
        return Diagnosis(client_settings, bootstrap)
    client = {**client_settings, "bootstrap.servers": ",".join(usable)}
    try:
        brokers = dict(sorted(fetch_brokers(client).items()))
        results = probing(brokers.values(), timeout=_ADVERTISED_SECONDS)
        answered = tuple(
            each if each.problem and each.problem.certain else ProbeResult(each.server, each.addresses)
            for each in bootstrap
        )
        if not any(is_local(address) or is_own(address) for each in answered for address in each.addresses):
            # Brokers on another machine advertise localhost: whatever answers here is not one of them.
            results = [replace(each, problem=Problem.ELSEWHERE) if _is_here(each) else each for each in results]
        found = Diagnosis(client_settings, answered, dict(zip(brokers, results, strict=True)))
        return replace(found, topics=fetch_topics(client)) if found.sound else found
    except NoMetadata as error:
        # What the probe has found says more, if it has found something.
        failed = [
            each if each.problem else replace(each, problem=error.problem, detail=str(error)) for each in bootstrap
        ]
        return Diagnosis(client_settings, tuple(failed))


def _probe_all(addresses: Iterable[Server], *, client: Mapping[str, str], timeout: float) -> list[ProbeResult]:
    """Probe all servers at once."""
    probes = [in_thread(partial(probe, each, client, timeout)) for each in addresses]
    return [future.result() for future in probes]


def _is_here(result: ProbeResult) -> bool:
    return bool(result.addresses) and all(map(is_local, result.addresses))
