"""What a check costs, compared with the raw limit: `python -m bdd bench check-cost [CHECKS]`.

Both sides run in turn against one embedded platform. The raw side is the least that any tool could do: one assigned
librdkafka consumer, one HTTP session, no attribution, no messages. Times are from the request to the verdict, but
for “after arrival”, which is from the recorder's reading of the event to the verdict.
"""

import json
import statistics
import time
from contextlib import closing
from typing import TYPE_CHECKING

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from bdd.api.client import ApiClient
from bdd.contracts import asyncapi as contract
from bdd.domain.resources import resources, short_names
from bdd.domain.test_data import example
from bdd.domain.world import World
from bdd.settings.settings import load_settings
from bdd.stacks.embedded.stack import EmbeddedStack
from bdd.stacks.factory import new_run_id
from bdd.system.http import session_for
from bdd.verdict.checks import check_nothing_published, check_published
from bdd.verdict.ledger import Ledger
from bdd.verdict.observer import Observer

if TYPE_CHECKING:
    from collections.abc import Callable

_PATIENTS = resources()["patient"]
_TOPIC = _PATIENTS.topic
_DEADLINE = 10.0


class Suite:
    """Checks as the steps make them."""

    def __init__(self, stack: EmbeddedStack) -> None:
        self.after_arrival: list[float] = []
        ledger = Ledger(stack.recorder, "bench", clock_tolerance=2)
        scenario_log = ledger.open_scenario_log("benchmark", "bench/check_cost.py")
        observer = Observer(ledger, scenario_log, stack.recorder, stack.trouble, lambda: "")
        self._world = World(
            clients={name: ApiClient(url) for name, url in stack.api_urls.items()},
            absent=stack.absent,
            observer=observer,
            topics=stack.recorder.topics,
            default_deadline=_DEADLINE,
            deadline_factor=1,
        )

    def published(self) -> None:
        """Create a patient and see its event."""
        self._world.create(_PATIENTS, example(_PATIENTS, self._world.mark))
        check_published(self._world.observer, "patient.created", _DEADLINE)
        self.after_arrival.append(time.time() - self._world.observer.scenario_log.claims()[-1].record.received)

    def exactly_one(self) -> None:
        """Create a patient and see its event, and no other of its type."""
        self._world.create(_PATIENTS, example(_PATIENTS, self._world.mark))
        after = check_published(self._world.observer, "patient.created", _DEADLINE)
        check_nothing_published(self._world.observer, "exactly one", after, "patient.created", other=True)

    def not_published(self) -> None:
        """Send a refused request and see that nothing was published."""
        self._world.send(_PATIENTS, "POST", _PATIENTS.path, "{}")
        check_nothing_published(self._world.observer, "refused", self._world.after)


class Raw:
    """The least that a check can be."""

    def __init__(self, api_url: str, bootstrap_servers: str) -> None:
        self._url = f"{api_url}/api/patients"
        self._session = session_for(api_url)
        client: dict[str, str | int | float | bool] = {"bootstrap.servers": bootstrap_servers}
        self._admin = AdminClient(client)
        self._consumer = Consumer({**client, "group.id": "never-joined", "enable.auto.commit": "false"})
        self._positions = self._ends()
        self._consumer.assign([TopicPartition(_TOPIC, n, end) for n, end in self._positions.items()])
        self._consumer.poll(1)

    def published(self) -> None:
        """Create a patient and read its event."""
        patient = self._session.post(self._url, json={"vorname": "Erika", "nachname": "Mustermann"}).json()
        while self._read() != str(patient["id"]).encode():
            pass

    def exactly_one(self) -> None:
        """Create a patient, read its event, and all up to the end offsets."""
        self.published()
        self._read_up_to(self._ends())

    def not_published(self) -> None:
        """Send a refused request and read up to the end offsets."""
        self._session.post(self._url, json={})
        self._read_up_to(self._ends())

    def catch_up(self) -> None:
        """Pass the events that the other side caused, outside of this side's times."""
        self._read_up_to(self._ends())

    def close(self) -> None:
        """Close the consumer."""
        self._consumer.close()

    def _read_up_to(self, ends: dict[int, int]) -> None:
        while any(self._positions[n] < end for n, end in ends.items()):
            self._read()

    def _read(self) -> bytes | None:
        message = self._consumer.poll(_DEADLINE)
        assert message is not None, "nothing came"
        assert message.error() is None, message.error()
        json.loads(message.value() or b"")
        self._positions[message.partition() or 0] = (message.offset() or 0) + 1
        key = message.key()
        return key.encode() if isinstance(key, str) else key

    def _ends(self) -> dict[int, int]:
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        asked = self._admin.list_offsets(
            {TopicPartition(_TOPIC, n): latest for n in range(contract.current().partitions[_TOPIC])}
        )
        return {place.partition: answer.result().offset for place, answer in asked.items()}


def compare(checks: int) -> None:
    """Run both sides in turn and print the medians."""
    stack = EmbeddedStack(load_settings({}, services=short_names()), new_run_id())
    try:
        stack.start()
        stack.recorder.fence()
        suite = Suite(stack)
        raw = Raw(stack.api_urls[_PATIENTS.service.name], stack.bootstrap_servers)
        with closing(raw):
            _print_table(checks, suite, raw)
    finally:
        stack.stop()


def _print_table(checks: int, suite: Suite, raw: Raw) -> None:
    kinds: dict[str, Callable[[], None]] = {
        "published, suite": suite.published,
        "published, raw limit": raw.published,
        "exactly one, suite": suite.exactly_one,
        "exactly one, raw limit": raw.exactly_one,
        "not published, suite": suite.not_published,
        "not published, raw limit": raw.not_published,
    }
    times: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(checks):
        for name, check in kinds.items():
            began = time.perf_counter()
            check()
            times[name].append(time.perf_counter() - began)
            raw.catch_up()
    times["published, suite, after arrival"] = suite.after_arrival
    print(f"{'milliseconds':34}{'median':>8}{'p95':>8}   ({checks} checks each, in turn, one platform)")
    for name, values in times.items():
        p95 = statistics.quantiles(values, n=20)[-1]
        print(f"{name:34}{statistics.median(values) * 1000:8.1f}{p95 * 1000:8.1f}")
