"""Fetches the brokers' metadata with librdkafka, and classifies the errors if there is none."""

import json
import re
from collections.abc import Mapping
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from bdd.kafka.connection.problem import Problem
from bdd.system.network import Server, in_thread
from bdd.system.waiting import wait_until

_SECONDS = 5.0
_BOOTSTRAP_ERROR = re.compile(r"/bootstrap: (.*?) \(after \d+ms in state", re.DOTALL)
# librdkafka retries after any error, although after one of these no retry succeeds.
_FINAL = re.compile(r"SASL|SSL|[Cc]ertificate")
_PROBLEMS = {
    r"not valid in current SASL state": Problem.NO_SASL,
    r"Unsupported SASL mechanism.*supported mechanisms: (.*)": Problem.MECHANISM,
    r"SASL authentication error: (.*)": Problem.AUTHENTICATION,
    r"(SASL.*)": Problem.AUTHENTICATION,
    r"(alert .*certificate.*)": Problem.REQUIRES_CERTIFICATE,
    r"(certificate verify failed.*)": Problem.UNTRUSTED,
    r"^closed$": Problem.REQUIRES_SASL,
}


class NoMetadata(Exception):
    """The brokers returned no metadata."""

    def __init__(self, problem: Problem, detail: str = "") -> None:
        super().__init__(detail)
        self.problem = problem


def fetch_brokers(client: Mapping[str, str]) -> dict[int, Server]:
    """Return what the brokers advertise: number -> server. None of these need be reachable.

    librdkafka's statistics contain it; `list_topics` often fails if an advertised name does not resolve.

    Raises:
        NoMetadata: librdkafka refuses the settings, or no bootstrap server reports the brokers within five seconds.
            A final error, such as wrong credentials, is raised at once.
    """
    events = _Events(logs_in=client.get("security.protocol", "").startswith("SASL"))
    callbacks: dict[str, Any] = {"error_cb": events.on_error, "stats_cb": events.on_statistics}
    try:
        admin = [AdminClient({"log_level": 0, "statistics.interval.ms": 20, **client, **callbacks})]
    except KafkaException as error:
        raise NoMetadata(Problem.NO_METADATA, error.args[0].str()) from None
    try:
        wait_until(
            events.check,
            description="metadata",
            timeout=_SECONDS,
            abort_if=events.final_error,
            sleep=lambda seconds: admin[0].poll(seconds),  # noqa: PLW0108 - no traceback refers to the client
            interval=0.02,
        )
    except AssertionError:
        raise events.classified() from None
    finally:
        in_thread(admin.clear)  # destroying a client waits for the system's resolver
    return events.brokers


class _Events:
    """What librdkafka reports in its callbacks."""

    def __init__(self, *, logs_in: bool) -> None:
        self._logs_in = logs_in
        self._errors: list[str] = []
        self._closed = 0
        self.brokers: dict[int, Server] = {}

    def on_error(self, error: KafkaError) -> None:
        self._errors += _BOOTSTRAP_ERROR.findall(error.str())
        self._closed += error.code() == KafkaError._ALL_BROKERS_DOWN

    def on_statistics(self, text: str) -> None:
        learned = (each for each in json.loads(text)["brokers"].values() if each["source"] == "learned")
        self.brokers = {each["nodeid"]: Server.parse(each["nodename"]) for each in learned}

    def check(self) -> None:
        assert self.brokers

    def final_error(self) -> str | None:
        # A broker that requires a login closes each connection at the first request, which is no error by itself.
        requires_login = self._closed > 1 and not self._errors and not self._logs_in
        return "closed" if requires_login else next(filter(_FINAL.search, self._errors), None)

    def classified(self) -> NoMetadata:
        error = self.final_error() or [f"no response within {_SECONDS:g} s", *self._errors][-1]
        for pattern, problem in _PROBLEMS.items():
            if found := re.search(pattern, error, re.DOTALL):
                return NoMetadata(problem, "".join(found.groups()).strip())
        return NoMetadata(Problem.NO_METADATA, error)


def fetch_topics(client: Mapping[str, str]) -> dict[str, int]:
    """Return the topics, without internal ones: name -> number of partitions.

    Raises:
        NoMetadata: no broker reports them within five seconds.
    """
    try:
        topics = AdminClient({"log_level": "0", **client}).list_topics(timeout=_SECONDS).topics
    except KafkaException as error:
        raise NoMetadata(Problem.NO_METADATA, error.args[0].str()) from None
    return {name: len(topic.partitions) for name, topic in topics.items() if not name.startswith("__")}
