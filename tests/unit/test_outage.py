"""An outage that a run makes: the database is taken away, and brought back in any case."""

import shlex
import sqlite3
import sys
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from behave.runner_util import parse_features

from bdd.contracts.event import Event, read_event
from bdd.domain.outage import TAG, DatabaseSwitch
from bdd.domain.world import World
from bdd.settings.settings import load_settings
from bdd.stacks.database import DatabaseByCommands
from bdd.stacks.embedded.database import LockedDatabases
from bdd.stacks.remote import RemoteStack
from bdd.system.paths import ROOT
from bdd.verdict import outages as outages_module
from bdd.verdict.audit import audit
from bdd.verdict.outages import Outages
from tests.support.builders import NOW, PATIENTS, Scene, envelope, record
from tests.support.fake_platform import FakePlatform
from tests.support.stage import CREATED, Stage
from tests.support.suite_steps import bound


class Switch(DatabaseSwitch):
    """Notes what is done; the first of each may fail."""

    def __init__(self, *failing: str) -> None:
        super().__init__()
        self.done: list[str] = []
        self.failing = list(failing)

    def _take_away(self) -> None:
        self._do("away")

    def _bring_back(self) -> None:
        self._do("back")

    def _do(self, what: str) -> None:
        self.done.append(what)
        if what in self.failing:
            self.failing.remove(what)
            raise AssertionError(f"not {what}")


def test_what_failed_half_way_is_brought_back_and_what_is_there_is_not() -> None:
    switch = Switch("away", "back")
    switch.bring_back()
    with pytest.raises(AssertionError, match="not away"):
        switch.take_away()
    with pytest.raises(AssertionError, match="not back"):
        switch.bring_back()
    switch.bring_back()
    switch.bring_back()
    assert switch.done == ["away", "back", "back"]


def step(kind: str, words: str, world: World) -> None:
    bound(kind, words)[1](SimpleNamespace(world=world))


def test_a_scenario_brings_the_database_back_and_waits_until_the_service_can_use_it() -> None:
    stage = Stage()
    stage.world.database = switch = Switch()
    step("given", "the database is away", stage.world)
    stage.api.status = 503
    step("when", "I try to delete the patient", stage.world)
    assert [each.in_outage for each in stage.world.exchanges] == [True]
    assert PATIENTS.api.violations(stage.world.exchanges[0]) == ["message is missing"]
    threading.Timer(0.2, lambda: setattr(stage.api, "status", 404)).start()
    step("when", "the database is back", stage.world)
    assert stage.api.status == 404, "it has been waited for"
    step("when", "I try to read the patient", stage.world)
    assert [each.in_outage for each in stage.world.exchanges] == [True, False]
    stage.world.close(failed=True)
    assert switch.done == ["away", "back"]


def test_the_end_of_a_scenario_brings_the_database_back() -> None:
    stage = Stage()
    stage.world.database = switch = Switch()
    step("given", "the database is away", stage.world)
    stage.world.close(failed=True)
    assert switch.done == ["away", "back"]


def test_a_scenario_without_the_tag_is_told_to_have_it_where_no_outage_can_be_made() -> None:
    with pytest.raises(AssertionError, match="a scenario without the tag @database-outage cannot"):
        step("given", "the database is away", FakePlatform().world())


def test_every_scenario_that_takes_the_database_away_has_the_tag() -> None:
    files = sorted(map(str, (ROOT / "features").glob("*.feature")))
    features = parse_features(files)  # type: ignore[no-untyped-call]
    tagged = {True: 0, False: 0}
    for scenario in (each for feature in features for each in feature.walk_scenarios()):
        takes_away = any(each.name == "the database is away" for each in scenario.all_steps)
        assert (TAG in scenario.effective_tags) == takes_away, scenario.location
        tagged[takes_away] += 1
    assert all(tagged.values())


def test_locked_files_take_no_change_until_they_are_brought_back(tmp_path: Path) -> None:
    files = [tmp_path / "one.db", tmp_path / "two.db"]
    connections = [sqlite3.connect(file, timeout=0, isolation_level=None) for file in files]
    for each in connections:
        each.execute("PRAGMA journal_mode=WAL")
        each.execute("CREATE TABLE patients (id INTEGER)")
    databases = LockedDatabases(files)
    databases.take_away()
    for each in connections:
        assert each.execute("SELECT * FROM patients").fetchall() == []
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            each.execute("INSERT INTO patients VALUES (1)")
    databases.bring_back()
    for each in connections:
        each.execute("INSERT INTO patients VALUES (1)")
        each.close()


def test_a_file_that_cannot_be_locked_is_named_and_the_others_are_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bdd.stacks.embedded.database._SECONDS", 0.01)
    files = [tmp_path / "one.db", tmp_path / "two.db"]
    holder = sqlite3.connect(files[1], isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    databases = LockedDatabases(files)
    with pytest.raises(AssertionError, match=r"two\.db could not be locked: database is locked"):
        databases.take_away()
    databases.bring_back()
    holder.close()
    other = sqlite3.connect(files[0], timeout=0, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.close()


def test_commands_of_the_settings_take_the_database_away_and_bring_it_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a name with spaces"
    monkeypatch.setenv("MY_FOLDER", str(tmp_path))
    program = "import os, pathlib, sys; pathlib.Path(os.environ['MY_FOLDER'], sys.argv[1]).{}()"
    touch, remove = (
        shlex.join([sys.executable, "-c", program.format(what), file.name]) for what in ("touch", "unlink")
    )
    database = DatabaseByCommands(touch, remove)
    database.take_away()
    assert file.exists()
    database.bring_back()
    assert not file.exists()
    database.away = True
    with pytest.raises(AssertionError, match="the command of database_back failed: "):
        database.bring_back()


def test_a_stack_that_can_make_no_outage_says_why() -> None:
    given = {"stack": "remote", "api_url": "http://127.0.0.1:1", "bootstrap_servers": "127.0.0.1:2"}
    why = "the run cannot take the platform's database away: database_away and database_back are not given"
    assert RemoteStack(load_settings(given), "run").lacking == {TAG: why}
    commands = {"database_away": "docker pause db", "database_back": "docker unpause db"}
    assert RemoteStack(load_settings({**given, **commands}), "run").lacking == {}


OUTAGE = (100.0, 103.0)
SAME: dict[str, Any] = {}


def event(received: float, **changed: Any) -> Event:
    fields = {**envelope(CREATED, {"patient_id": 5}), **changed}
    found = read_event(replace(record(fields), received=received))
    assert isinstance(found, Event)
    return found


@pytest.mark.parametrize(
    ("first", "again", "changed", "may"),
    [
        (96, 101, SAME, True),
        (101, 112.5, SAME, True),
        (94, 101, SAME, False),
        (96, 99, SAME, False),
        (96, 113.5, SAME, False),
        (103.5, 104, SAME, False),
        (96, 101, {"version": "2.0"}, False),
    ],
)
def test_only_the_same_event_may_come_again_and_only_around_an_outage(
    first: float, again: float, changed: dict[str, Any], may: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter(OUTAGE)
    monkeypatch.setattr(outages_module, "time", SimpleNamespace(time=lambda: next(times)))
    outages = Outages()
    assert not outages
    outages.begin()
    outages.end()
    one = event(first)
    two = event(again, eventId=one.id, timestamp=one.fields["timestamp"], **changed)
    assert outages.may_repeat(one, two) is may


@pytest.mark.parametrize("in_outage", [True, False])
def test_an_event_that_an_outage_may_have_repeated_is_no_finding(
    in_outage: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outages_module, "time", SimpleNamespace(time=lambda: NOW))
    scene = Scene()
    scene.publish_expected(CREATED)
    if in_outage:
        scene.ledger.outages.begin()
    (again,) = scene.recorder.journal
    scene.arrive(record(again.value, key=again.key, offset=again.offset + 1, partition=again.partition))
    findings = audit(scene.ledger, scene.observer_of)
    assert [("is a redelivery of" in str(each)) for each in findings] == ([] if in_outage else [True])
