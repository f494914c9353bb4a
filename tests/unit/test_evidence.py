"""The evidence of a failed scenario: as complete as possible, and never an error of its own."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from behave.parser import parse_feature

from bdd.api.client import ApiClient, NoResponse
from bdd.api.exchange import Exchange
from bdd.domain.world import World
from bdd.evidence import collecting
from bdd.evidence.collecting import collect, collect_foreign, scenario_folder, story_of
from bdd.evidence.sources import LogFile
from bdd.kafka.record import from_line
from bdd.verdict.scenario_log import Request
from tests.support.builders import LONG_TIMEOUT, PATIENTS, Scene, record
from tests.support.closed_port import closed_port

if TYPE_CHECKING:
    from behave.model import Scenario, Step

FEATURE = """
Feature: Patients
  Scenario: Create a patient
    When I create a patient
    Then a patient.created event is published
"""


class Failed:
    """A scenario that failed in its last step, its world, and a log."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "evidence" / "patients"
        feature = parse_feature(FEATURE.strip(), filename="features/patients.feature")  # type: ignore[no-untyped-call]
        self.scenario: Scenario = feature.scenarios[0]
        self.step: Step = self.scenario.steps[-1]
        self.scene = Scene()
        self.world = World(
            clients={PATIENTS.service.name: ApiClient("http://127.0.0.1:9")},
            absent={},
            observer=self.scene.observer,
            topics=dict,
            default_deadline=5,
            deadline_factor=1,
        )
        exchange = Exchange(
            "POST", "/api/patients", '{"vorname": "Jürgen"}', 0, 0.004, 400, '{"message": "nachname"}'
        )
        self.scene.scenario_log.requests.append(Request("When I create a patient", 0, exchange))
        self.log = folder / "service.log"

    def collect(self, since: float = 0) -> None:
        log = "logs/service.log"
        sources, marks = {log: LogFile(self.log)}, {log: since}
        story = story_of(self.scenario, self.step, "Expected: one event\n     but: Größe")
        collect(self.folder, story, self.world, sources=sources, since=marks)

    def text(self, name: str) -> str:
        return (self.folder / name).read_text("utf-8")


@pytest.fixture(autouse=True)
def _ample_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "_SECONDS", LONG_TIMEOUT)


@pytest.fixture
def failed(tmp_path: Path) -> Failed:
    return Failed(tmp_path)


def test_foreign_records_are_kept_up_to_a_limit_and_without_what_they_say(tmp_path: Path) -> None:
    value = {"eventType": "patient.created", "payload": {"nachname": "Größe", "tags": [1, True, None]}}
    told = replace(record(value, key=b"7"), headers=(("about", b"Erika"), ("none", None)))
    broken = [record(b"rubbish", key=None), record(b"x" * 1_000_000), told, *(record(None) for _ in range(200))]
    collect_foreign(tmp_path / "run" / "foreign.jsonl", broken)
    lines = [json.loads(line) for line in (tmp_path / "run" / "foreign.jsonl").read_text("utf-8").splitlines()]
    assert [line["offset"] for line in lines] == [each.offset for each in [broken[0], *broken[2:101]]]
    assert [line["value"] for line in lines[:3]] == [
        "7 bytes",
        {
            "eventType": "patient.created",
            "payload": {"nachname": "text of 5 characters", "tags": ["number", "true or false", None]},
        },
        None,
    ]
    assert [lines[0]["key"], lines[1]["key"]] == [None, "7"]
    assert lines[1]["headers"] == [["about", "5 bytes"], ["none", None]]


def test_everything_since_the_scenario_began_is_kept(failed: Failed) -> None:
    failed.step.error_message = 'but: Größe, and "\ud800" is half a character'
    failed.scene.arrive(failed.scene.event())
    failed.world.began = 1
    came = failed.scene.arrive(failed.scene.event("patient.deleted"))
    failed.log.write_text("of an earlier scenario\n")
    mark = LogFile(failed.log).mark()
    with failed.log.open("a") as lines:
        lines.write("of this scenario\n")
    with closed_port() as port:
        failed.world.clients = {PATIENTS.service.name: ApiClient(f"http://127.0.0.1:{port}")}
        with pytest.raises(NoResponse):
            failed.world.send(PATIENTS, "DELETE", "/api/patients/5")
    failed.collect(since=mark)
    assert "Scenario: Create a patient\n  features/patients.feature:2\n" in failed.text("story.txt")
    assert "  FAILED     Then a patient.created event is published\n" in failed.text("story.txt")
    assert "but: Größe" in failed.text("story.txt")
    http = failed.text("http.txt").splitlines()
    assert http[:3] == [
        "POST /api/patients -> 400 in 4 ms",
        '  sent:     {"vorname": "Jürgen"}',
        '  received: {"message": "nachname"}',
    ]
    assert http[3].startswith("DELETE /api/patients/5 -> no response (ConnectionError) in ")
    assert from_line((failed.folder / "events.jsonl").read_bytes()) == came
    assert failed.text("logs/service.log") == "of this scenario\n"


@pytest.mark.parametrize(
    ("part", "reason"),
    [("events.jsonl", "RuntimeError: the recorder has ended"), ("logs/service.log", "FileNotFoundError: ")],
)
def test_a_part_that_cannot_be_collected_says_why_and_the_others_are_kept(
    part: str, reason: str, failed: Failed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(*_: object) -> None:
        raise RuntimeError("the recorder has ended")

    if part == "events.jsonl":
        monkeypatch.setattr(failed.scene.recorder, "records", ended)
        failed.log.write_text("ready\n")
    failed.collect()
    assert failed.text(part).startswith(f"this could not be collected: {reason}")
    kept = {"story.txt", "http.txt", "events.jsonl", "logs/service.log"} - {part}
    assert [name for name in kept if "could not be collected" in failed.text(name)] == []


def test_a_folder_that_cannot_be_written_raises_nothing(failed: Failed) -> None:
    failed.folder.parent.write_text("a file where the folder should be")
    failed.collect()
    assert failed.folder.parent.is_file()


def test_no_two_scenarios_have_the_same_folder(tmp_path: Path) -> None:
    text = "Feature: Patients\n" + 2 * f"  Scenario: {'A long name ' * 20}\n    Given a patient\n"
    files = [
        "features/a/patients",
        "features/b/patients",
        "a/patients",
        "../a/patients",
        "/a/patients",
        "a/patients/A",
    ]
    parsed = [parse_feature(text, filename=f"{file}.feature") for file in files]  # type: ignore[no-untyped-call]
    folders = [scenario_folder(tmp_path, scenario) for feature in parsed for scenario in feature.scenarios]
    assert len({str(folder).lower() for folder in folders}) == 2 * len(files)
    assert folders[0] == tmp_path / "features" / "a" / "patients" / f"{('A-long-name-' * 20)[:80]}-2"
    assert all(tmp_path in folder.resolve().parents for folder in folders)
