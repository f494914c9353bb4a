"""Asks brokers for their metadata by librdkafka, and understands what that says when there is none."""

import logging
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from bdd.kafka.connection.probe import Fault
from bdd.system.network import Server, in_thread
from bdd.system.waiting import wait_until

_SECONDS = 5.0
_ADVERTISED = re.compile(r"Broker #\d+/(\d+): (\S+:\d+) NodeId (\d+)")
_FAILED = re.compile(r"(?:/bootstrap|/\d+): (.*?) \(after \d+ms in state (\w+)", re.DOTALL)
# librdkafka tries again and again also where that is pointless, as it is after one of these.
_DEFINITE = re.compile(r"SASL|SSL|[Cc]ertificate")
_KINDS = (
    (re.compile(r"not valid in current SASL state"), Fault.NO_SASL),
    (re.compile(r"Unsupported SASL mechanism.*supported mechanisms: (.*)"), Fault.MECHANISM),
    (re.compile(r"SASL authentication error: (.*)"), Fault.AUTHENTICATION),
    (re.compile(r"(SASL.*)"), Fault.AUTHENTICATION),
    (re.compile(r"(alert .*certificate.*)"), Fault.WANTS_CERTIFICATE),
    (re.compile(r"(certificate verify failed.*)"), Fault.UNTRUSTED),
)


class NoMetadata(Exception):
    """The brokers gave no metadata."""

    def __init__(self, error: Fault, detail: str) -> None:
        super().__init__(detail)
        self.error = error
        self.detail = detail


class Question:
    """One client's question for metadata. It is asked at once; nobody has to wait for its end.

    Args:
        client: librdkafka's settings, `bootstrap.servers` among them.

    Raises:
        NoMetadata: librdkafka does not take these settings.
    """

    def __init__(self, client: Mapping[str, str]) -> None:
        self._log = _Log()
        logger = logging.Logger("librdkafka")  # noqa: LOG001 - registered nowhere, so that nothing else logs it
        logger.addHandler(self._log)
        # What brokers advertise is told by the log alone: `list_topics` goes on to them, and fails when they are
        # out of reach. The log goes nowhere else, and this part of it holds no settings.
        settings: dict[str, Any] = {**client, "debug": "metadata", "logger": logger, "error_cb": lambda _: None}
        self._sasl = client.get("security.protocol", "").startswith("SASL")
        try:
            admin = AdminClient(settings)
        except KafkaException as error:
            raise NoMetadata(Fault.NO_METADATA, error.args[0].str()) from None
        self._poll: Callable[[float], object] = admin.poll
        # In a thread of its own, with the client: taking a client down waits for the system's resolver.
        self._answer = in_thread(partial(admin.list_topics, timeout=_SECONDS))

    def brokers(self) -> dict[int, Server]:
        """Return what the brokers advertise: number -> server. None of them need be reached for that.

        Raises:
            NoMetadata: wrong credentials, for instance; those are noticed at once.
        """

        def told() -> dict[int, Server]:
            assert self._log.complete or self._answer.done(), "no metadata yet"
            return self._log.advertised

        return self._wait(told) or {n: Server(each.host, each.port) for n, each in self._topics().brokers.items()}

    def topics(self) -> dict[str, int]:
        """Return the topics, internal ones left out: name -> number of partitions.

        Raises:
            NoMetadata: there was no answer in time.
        """

        def answered() -> None:
            assert self._answer.done(), "no topics yet"

        self._wait(answered)
        topics = self._topics().topics
        return {name: len(topic.partitions) for name, topic in topics.items() if not name.startswith("__")}

    def _topics(self) -> Any:
        try:
            return self._answer.result(0)
        except KafkaException as error:
            self._poll(0)
            raise self._understood(error.args[0].str()) from None

    def _wait(self, condition: Callable[[], Any]) -> Any:
        """The client tells its log only when it is polled."""
        try:
            return wait_until(
                condition,
                description="metadata",
                timeout=_SECONDS + 1,
                abort_if=self._log.definite,
                sleep=self._poll,
                interval=0.05,
            )
        except AssertionError:
            raise self._understood("no answer in time") from None

    def _understood(self, otherwise: str) -> NoMetadata:
        said = self._log.definite() or (self._log.failures[-1] if self._log.failures else otherwise)
        for pattern, kind in _KINDS:
            if found := pattern.search(said):
                return NoMetadata(kind, "".join(found.groups()).strip())
        wants_login = self._log.refused_requests and not self._sasl
        return NoMetadata(Fault.WANTS_SASL if wants_login else Fault.NO_METADATA, said)


class _Log(logging.Handler):
    """What librdkafka says: the brokers that are advertised, and why connections failed."""

    def __init__(self) -> None:
        super().__init__()
        self.advertised: dict[int, Server] = {}
        self.complete = False
        self.failures: list[str] = []
        self.refused_requests = False

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if found := _ADVERTISED.search(text):
            self.advertised[int(found[3])] = Server.parse(found[2])
            self.complete = len(self.advertised) >= int(found[1])
        elif found := _FAILED.search(text):
            self.failures.append(found[1])
            self.refused_requests = self.refused_requests or found[2] == "UP"

    def definite(self) -> str | None:
        return next((failure for failure in self.failures if _DEFINITE.search(failure)), None)
