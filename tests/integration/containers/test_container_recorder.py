"""The recorder as a container: small, and not disturbed by a broker that restarts."""

from collections.abc import Iterator
from typing import Any, cast

import pytest
from confluent_kafka import Producer
from docker.models.containers import Container

from bdd.containers.engine import published_address
from bdd.recorder.client import RecorderClient, RecorderUnreachable
from bdd.system.waiting import wait_until
from tests.integration.containers.conftest import Theirs
from tests.support.running import SLOW_SECONDS

TOPIC = "patient-events"
TOKEN = "of-this-network"  # the compose file's, where nobody gives another one
MOST_BYTES = 100_000_000


@pytest.fixture
def recorder(theirs: Theirs) -> Iterator[RecorderClient]:
    address = published_address(theirs.compose.container("recorder"), 8080)
    assert address
    client = RecorderClient(f"http://{address[0]}:{address[1]}", TOKEN)
    client.start(timeout=SLOW_SECONDS)
    yield client
    client.close()


def restart(kafka: Container) -> None:
    """Some builds of the image end when their storage is formatted already, which the official one accepts."""
    done = kafka.exec_run(
        ["sed", "-i", "s#--final-configs-dir /opt/kafka/config$#& || true#", "/etc/kafka/docker/run"]
    )
    assert done.exit_code == 0, done.output
    kafka.restart(timeout=20)


def publish(producer: Producer, *values: bytes) -> None:
    for value in values:
        producer.produce(TOPIC, value, key=b"restart", partition=0)
    assert producer.flush(SLOW_SECONDS) == 0


def test_a_restart_of_the_broker_loses_no_record_and_brings_none_twice(
    theirs: Theirs, recorder: RecorderClient
) -> None:
    after = recorder.fence()
    producer = Producer(
        {"bootstrap.servers": f"localhost:{theirs.external_port}", "enable.idempotence": True, "log_level": 0}
    )
    publish(producer, b"1", b"2", b"3")
    restart(theirs.compose.container("kafka"))
    publish(producer, b"4", b"5")
    fence = wait_until(recorder.fence, description="a fence", timeout=SLOW_SECONDS, retry_on=(RecorderUnreachable,))

    def arrived() -> None:
        assert recorder.cursor >= fence

    wait_until(arrived, description="the mirror", timeout=SLOW_SECONDS)
    came = [record.value for record in recorder.records(after) if record.key == b"restart"]
    assert came == [b"1", b"2", b"3", b"4", b"5"]
    assert recorder.trouble() is None


def test_it_needs_little_memory(theirs: Theirs) -> None:
    stats = cast("dict[str, Any]", theirs.compose.container("recorder").stats(stream=False))["memory_stats"]
    # As `docker stats` counts it, by either version of control groups: files that the kernel would drop are no use.
    cached = stats["stats"].get("total_inactive_file", stats["stats"].get("inactive_file", 0))
    assert stats["usage"] - cached < MOST_BYTES
