"""Whether what the topics held before costs anything: `python -m bdd bench history-cost [RECORDS] [CHECKS]`.

Two embedded platforms side by side, one of them with a history of so many records. A recorder is started on each
after the history was written, and the same checks run on both in turn.
"""

import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from confluent_kafka import Producer

from bdd.contracts import asyncapi as contract
from bdd.domain.resources import short_names
from bdd.recorder.client import RecorderUnreachable
from bdd.settings.settings import Settings, load_settings
from bdd.stacks.embedded.stack import EmbeddedStack
from bdd.stacks.factory import new_run_id
from bdd.stacks.local_recorder import LocalRecorder
from bdd.system.waiting import wait_until
from bench.check_cost import Suite

_VALUE = b'{"eventType":"patient.updated","payload":{"patient_id":2000000000,"patient_data":{"vorname":"Erika"}}}'
_READY_SECONDS = 60.0


def write_history(bootstrap_servers: str, records: int) -> None:
    """Publish so many foreign records on the patients' topic."""
    producer = Producer(
        {"bootstrap.servers": bootstrap_servers, "linger.ms": 20, "queue.buffering.max.messages": 0}
    )
    topic = "patient-events"
    partitions = contract.current().partitions[topic]
    for number in range(records):
        producer.produce(topic, _VALUE, partition=number % partitions)
        if number % 10_000 == 0:
            producer.flush()
    left = producer.flush(120)
    assert left == 0, f"{left} records could not be published"


@contextmanager
def fresh_recorder(stack: EmbeddedStack, settings: Settings) -> Iterator[float]:
    """Put a fresh recorder in the place of the stack's; yield how many seconds it took to be pinned."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        recorder = LocalRecorder(Path(folder), stack.bootstrap_servers, settings)
        try:
            stack.use_recorder(recorder.wait_ready(_READY_SECONDS))
            stack.recorder.fence()
            yield time.perf_counter() - began
        finally:
            recorder.process.kill()


def compare(records: int, checks: int) -> None:
    """Run the checks on both platforms in turn and print the medians."""
    settings = load_settings({}, services=short_names())
    stacks = {
        "no history": EmbeddedStack(settings, new_run_id()),
        f"{records} records before": EmbeddedStack(settings, new_run_id()),
    }
    try:
        for stack in stacks.values():
            stack.start()
            stack.recorder.close()  # it would mirror the whole history into this process
        *_, full = stacks.values()
        write_history(full.bootstrap_servers, records)
        wait_until(full.recorder.fence, description="quiet", timeout=120, retry_on=(RecorderUnreachable,))
        with ExitStack() as recorders:
            pinned = {
                name: recorders.enter_context(fresh_recorder(stack, settings)) for name, stack in stacks.items()
            }
            _print_table(pinned, {name: Suite(stack) for name, stack in stacks.items()}, checks)
    finally:
        for stack in stacks.values():
            stack.stop()


def _print_table(pinned: dict[str, float], suites: dict[str, Suite], checks: int) -> None:
    published: dict[str, list[float]] = {name: [] for name in suites}
    absent: dict[str, list[float]] = {name: [] for name in suites}
    for _ in range(checks):
        for name, suite in suites.items():
            for check, times in ((suite.published, published[name]), (suite.not_published, absent[name])):
                began = time.perf_counter()
                check()
                times.append(time.perf_counter() - began)
    print(f"{'milliseconds, median':26}{'recorder pinned':>17}{'published':>12}{'not published':>16}")
    for name in suites:
        row = (pinned[name], statistics.median(published[name]), statistics.median(absent[name]))
        print(f"{name:26}{row[0] * 1000:17.0f}{row[1] * 1000:12.1f}{row[2] * 1000:16.1f}")
