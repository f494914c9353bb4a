"""Checks of the brokers: whether they answer, where they send their clients, their topics and time-outs."""

from collections.abc import Callable, Mapping

from bdd.contracts import asyncapi as contract
from bdd.domain.resources import needed_topics, services
from bdd.kafka.admin import IDLE, idle_limit, unreadable
from bdd.kafka.client_settings import client_settings
from bdd.kafka.connection.advice import explain
from bdd.kafka.connection.diagnosis import Diagnosis, diagnose
from bdd.kafka.user import may_not_read, user_of
from bdd.settings.settings import Settings
from bdd.stacks.checks.check import Check, Failed


class KafkaChecks:
    """The checks of the brokers of one platform.

    Args:
        settings: those of the run.
        bootstrap_servers: returns the brokers' addresses.
    """

    def __init__(self, settings: Settings, bootstrap_servers: Callable[[], str]) -> None:
        self._settings = settings
        self._bootstrap_servers = bootstrap_servers
        self._diagnosis: Diagnosis | None = None

    def checks(self, *depends_on: str) -> list[Check]:
        """Return them, in order."""
        return [
            Check("bootstrap", self._bootstrap, depends_on),
            Check("listeners", self._listeners, ("bootstrap",)),
            Check("topics", self._topics, ("listeners",)),
            Check("client time-outs", self._time_outs, ("listeners",)),
        ]

    @property
    def _found(self) -> Diagnosis:
        assert self._diagnosis, "the first check makes it, and the others depend on that"
        return self._diagnosis

    @property
    def _client(self) -> dict[str, str]:
        return client_settings(self._bootstrap_servers(), self._settings)

    def _bootstrap(self) -> str:
        self._diagnosis = diagnose(self._bootstrap_servers(), self._client)
        if self._diagnosis.answered_by is None:
            raise Failed(explain(self._diagnosis), "docker compose ps")
        return f"{self._diagnosis.answered_by} answers and names {len(self._diagnosis.advertised)} broker(s)"

    def _listeners(self) -> str:
        if not self._found.sound:
            raise Failed(explain(self._found), "docker compose ls")
        advertised = ", ".join(f"broker {number} as {each}" for number, each in self._found.advertised.items())
        return f"{advertised}: it can be reached from here"

    def _topics(self) -> str:
        user = user_of(self._client)
        found = check_topics(self._found.topics, self._bootstrap_servers(), user)
        if refused := unreadable(self._client, needed_topics(services())):
            raise Failed(*may_not_read(refused[0], user))
        return found

    def _time_outs(self) -> str:
        """Check that the broker does not close connections first; the settings check the client's own."""
        chosen = self._settings
        own = f"{chosen.connections_max_idle_ms} > {chosen.request_timeout_ms} > {chosen.fetch_max_wait_ms} ms"
        broker = next(iter(self._found.advertised))
        limit = idle_limit(self._client, broker)
        if limit is None:
            return f"{own} nest; broker {broker} does not report its own {IDLE}"
        if limit <= chosen.connections_max_idle_ms:
            raise Failed(
                f"broker {broker} closes idle connections after {limit} ms, the client only after "
                f"{chosen.connections_max_idle_ms}: requests would meet closed connections",
                f"python -m bdd doctor … -D connections_max_idle_ms={max(1, limit - limit // 10)}",
            )
        return f"{own} nest; broker {broker} hangs up later, after {limit} ms"


def check_topics(existing: Mapping[str, int], bootstrap_servers: str, user: str = "its user") -> str:
    """Return a sentence about the topics of the contract.

    Args:
        existing: the topics that the brokers show to the user: name -> number of partitions.
        bootstrap_servers: the brokers' addresses, for a command.
        user: who sent the request.

    Raises:
        Failed: one is missing, or has another number of partitions; the command makes it so.
    """
    promised = contract.current().partitions
    tool = f"kafka-topics.sh --bootstrap-server {bootstrap_servers}"
    if missing := [name for name in promised if name not in existing]:
        shown = ", ".join(sorted(existing)) or "none"
        raise Failed(
            f"topic not found: {', '.join(missing)}; or {user} may not see it. The broker shows: {shown}",
            f"{tool} --create --topic {missing[0]} --partitions {promised[missing[0]]}",
        )
    if other := [name for name, count in promised.items() if existing[name] != count]:
        name = other[0]
        command = "--alter" if existing[name] < promised[name] else "--delete"
        partitions = f" --partitions {promised[name]}" if command == "--alter" else ""
        raise Failed(
            ", ".join(f"{each} has {existing[each]} partitions, not {promised[each]}" for each in other),
            f"{tool} {command} --topic {name}{partitions}",
        )
    return f"all {len(promised)} of the contract are there, each with the promised number of partitions"
