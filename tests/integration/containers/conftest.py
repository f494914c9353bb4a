"""A container engine, and a platform in it that is not the suite's."""

import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager

import pytest
from docker.client import DockerClient

from bdd.containers.cleanup import OWNER, RUN, Leftover, find, labels, remove_run
from bdd.containers.compose import Compose
from bdd.containers.engine import EngineUnavailable, connect
from bdd.containers.images import image_names, image_variables, prepare_images, remove_replaced_images
from bdd.system.processes import free_port
from tests.support.running import ModuleRun


@pytest.fixture(scope="session")
def engine() -> DockerClient:
    """The engine; without one these tests are left out."""
    try:
        return connect()
    except EngineUnavailable as error:
        pytest.skip(f"left out: {error}")


class Theirs:
    """A platform that somebody else has started with Docker Compose; it has a recorder too."""

    def __init__(self, engine: DockerClient) -> None:
        self.engine = engine
        self.external_port = 0
        self.run = f"test-{secrets.token_hex(4)}"
        marks = labels(self.run)
        variables = {"ACCEPTANCE_RUN": marks[RUN], "ACCEPTANCE_OWNER": marks[OWNER], **image_variables()}
        self.compose = Compose(engine, f"theirs-{self.run}", variables)

    def start(self, *, external: bool, without: Collection[str] = ()) -> None:
        """Choose the port as late as can be: what is free now may be taken when the images are built."""
        prepare_images(self.engine, list(image_names()))
        if external:
            self.external_port = free_port()
            self.compose.variables["KAFKA_EXTERNAL_PORT"] = str(self.external_port)
        there = [name for name in ("postgres", "kafka", *image_names()) if name not in without]
        self.compose.up(there, lambda _service, _status: None)

    @property
    def project(self) -> str:
        return self.compose.project

    def as_it_is(self) -> dict[str, str]:
        """Each container with the time of its start: what no run may change."""
        return {str(each.name): each.attrs["State"]["StartedAt"] for each in self.compose.containers()}


@contextmanager
def started(engine: DockerClient, *, external: bool, without: Collection[str] = ()) -> Iterator[Theirs]:
    platform = Theirs(engine)
    try:
        platform.start(external=external, without=without)
        yield platform
    finally:
        remove_run(engine, platform.run)
        remove_replaced_images(engine)


@pytest.fixture(scope="session")
def theirs(engine: DockerClient) -> Iterator[Theirs]:
    with started(engine, external=True) as platform:
        yield platform


@pytest.fixture(autouse=True)
def nothing_left(runs: list[ModuleRun], engine: DockerClient) -> Iterator[None]:
    """No run leaves anything in the engine, however it ended."""
    yield
    for run in runs:
        run.finish()
    left = [made for run in runs for made in made_by(run, engine)]
    for made in left:
        made.remove()
    assert left == []


def made_by(run: ModuleRun, engine: DockerClient) -> list[Leftover]:
    """What this run has put into the engine, whatever others do there meanwhile."""
    return [made for made in find(engine) if f"/{run.process.pid}@" in made.owner]
