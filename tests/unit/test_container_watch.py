"""Whether a container that has ended is trouble."""

import queue
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

import pytest
from docker.models.containers import Container

from bdd.containers.inspection import ContainerWatch
from bdd.system.waiting import wait_until
from tests.support.builders import LONG_TIMEOUT

if TYPE_CHECKING:
    from docker.client import DockerClient


class Engine:
    """Reports what happens to containers, as the engine does."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.taken = 0

    def events(self, **_filters: object) -> "Engine":
        return self

    def __iter__(self) -> Iterator[Any]:
        for event in iter(self._queue.get, None):
            yield event
            self.taken += 1  # the next one is requested: this one has had its effect

    def close(self) -> None:
        self._queue.put(None)

    def report(self, action: str, identity: str, exit_code: str = "") -> None:
        self._queue.put({"Action": action, "Actor": {"ID": identity, "Attributes": {"exitCode": exit_code}}})


class Quiet(Container):
    """A container without memory trouble and without a log."""

    def reload(self) -> None:
        pass

    def logs(self, **_options: object) -> Any:
        return b""


def container(name: str) -> Container:
    attributes = {"Id": name, "Name": f"/{name}", "State": {"OOMKilled": False}, "Config": {"Labels": {}}}
    return Quiet(attrs=attributes)


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def watch(engine: Engine) -> Iterator[ContainerWatch]:
    watching = ContainerWatch(cast("DockerClient", engine), [container("kafka")], [container("migration")])
    yield watching
    watching.close()


def wait_until_taken(engine: Engine, count: int) -> None:
    def taken() -> None:
        assert engine.taken == count

    wait_until(taken, description="the watch takes the events", timeout=LONG_TIMEOUT, interval=0.01)


def becomes(watch: ContainerWatch, trouble: str | None) -> None:
    def reported() -> None:
        assert watch.trouble() == trouble

    wait_until(reported, description="the watch", timeout=LONG_TIMEOUT, interval=0.01)


def test_a_needed_container_that_ends_is_trouble_until_it_is_back(engine: Engine, watch: ContainerWatch) -> None:
    engine.report("die", "kafka", "0")
    becomes(watch, "the container of kafka (kafka) ended with exit code 0; its log is empty")
    engine.report("start", "kafka")
    becomes(watch, None)


def test_a_good_end_of_another_one_is_no_trouble_and_a_bad_end_is(engine: Engine, watch: ContainerWatch) -> None:
    engine.report("die", "migration", "0")
    engine.report("die", "somebody-elses", "1")
    wait_until_taken(engine, 2)
    assert watch.trouble() is None
    engine.report("die", "migration", "3")
    becomes(watch, "the container of migration (migration) ended with exit code 3; its log is empty")


def test_an_engine_that_goes_away_is_trouble(engine: Engine, watch: ContainerWatch) -> None:
    engine.close()
    becomes(watch, "the container engine sends no more events: it has closed the connection")
