"""Whether a container that has ended, or is paused, is trouble."""

import datetime as dt
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from bdd.containers.inspection import ContainerWatch

Engine = dict[str, tuple[str, int]]


@pytest.fixture
def engine() -> Engine:
    """Container -> its state and its exit code; without any, the engine does not answer."""
    return {"kafka": ("running", 0), "migration": ("paused", 0), "somebody-elses": ("exited", 1)}


class Events:
    """The engine's events and its clock.

    Attributes:
        now: what its clock says in seconds; it agrees with no other clock.
        paused_at: when each container was paused.
    """

    def __init__(self) -> None:
        self.now = 1_000_000.75
        self.paused_at: dict[str, float] = {}

    def info(self) -> dict[str, str]:
        return {"SystemTime": dt.datetime.fromtimestamp(self.now, dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.750000001Z")}

    def events(self, *, since: str, until: str, filters: dict[str, str], decode: bool) -> Iterator[dict[str, str]]:
        assert decode
        assert filters["event"] == "pause"
        container = filters["container"]
        if float(since) <= self.paused_at.get(container, 0) <= float(until):
            yield {"Action": "pause", "id": container}


@pytest.fixture
def events() -> Events:
    return Events()


@pytest.fixture
def watch(engine: Engine, events: Events) -> ContainerWatch:
    def listed(**_filters: object) -> list[dict[str, str]]:
        if not engine:
            raise requests.ConnectionError("refused")
        return [{"Id": name, "State": state} for name, (state, _) in engine.items()]

    def container(name: str) -> Any:
        described = SimpleNamespace(id=name, name=name, labels={}, attrs={}, logs=lambda **_: b"")
        described.reload = lambda: described.attrs.update(State={"ExitCode": engine[name][1], "OOMKilled": False})
        return described

    client: Any = SimpleNamespace(api=SimpleNamespace(containers=listed), info=events.info, events=events.events)
    return ContainerWatch(client, [container("kafka")], [container("migration")])


@pytest.mark.parametrize("state", ["exited", "dead", "restarting"])
def test_a_needed_container_that_ends_is_trouble_until_it_is_back(
    engine: Engine, watch: ContainerWatch, state: str
) -> None:
    assert watch.trouble() is None
    engine["kafka"] = (state, 0)
    assert watch.trouble() == "the container of kafka (kafka) ended with exit code 0; its log is empty"
    engine["kafka"] = ("running", 0)
    assert watch.trouble() is None
    del engine["kafka"]
    assert watch.trouble() == "the container of kafka (kafka) has been removed"


def test_a_good_end_of_another_one_is_no_trouble_and_a_bad_end_is(engine: Engine, watch: ContainerWatch) -> None:
    engine["migration"] = ("exited", 0)
    assert watch.trouble() is None
    engine["migration"] = ("exited", 3)
    assert watch.trouble() == "the container of migration (migration) ended with exit code 3; its log is empty"


@pytest.mark.parametrize("seconds", [4, 5, 600])
def test_a_needed_container_is_trouble_while_it_stays_paused(
    engine: Engine, events: Events, watch: ContainerWatch, seconds: int
) -> None:
    engine["kafka"], events.paused_at["kafka"] = ("paused", 0), events.now - 0.25
    for _ in range(4):
        assert watch.trouble() is None, "it may go on soon"
        events.now += 1
    events.now += seconds - 3
    expected = "the container of kafka (kafka) is paused\n    next: docker unpause kafka"
    assert watch.trouble() == expected
    engine["kafka"] = ("running", 0)
    assert watch.trouble() is None


def test_a_pause_of_the_runs_own_is_no_trouble(engine: Engine, events: Events, watch: ContainerWatch) -> None:
    engine["kafka"] = ("paused", 0)
    watch.may_be_paused.add("kafka")
    assert watch.trouble() is None
    watch.may_be_paused.discard("kafka")
    assert "is paused" in (watch.trouble() or "")


def test_an_engine_that_goes_away_is_trouble(engine: Engine, watch: ContainerWatch) -> None:
    engine.clear()
    assert watch.trouble() == "the state of the containers cannot be read any more: refused"
