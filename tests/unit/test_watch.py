"""The watch: which records are shown, how, and how it ends."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bdd.commands.cli import app
from bdd.commands.watch.filters import Wanted, WantsNothing
from bdd.commands.watch.format import line_for_people, line_for_programs
from bdd.contracts import asyncapi as contract
from bdd.contracts.event_schemas import event_schemas
from bdd.kafka.record import Record
from bdd.settings.settings import Settings
from bdd.stacks.base import CannotStart
from tests.support.builders import FakeRecorder, envelope, record

DELETED = envelope("patient.deleted", {"patient_id": 5})
ESCAPE = "\x1b[2J\x9b2J"


class FakeStack:
    """A stack whose recorder reads the given records, and that breaks then."""

    def __init__(self, *records: Record) -> None:
        self.api_url = "http://127.0.0.1:8001"
        self.recorder = FakeRecorder()
        self.recorder.coming = list(records)

    def trouble(self) -> str | None:
        return None if self.recorder.coming else "the broker has ended"


def watch(monkeypatch: pytest.MonkeyPatch, stack: FakeStack, *arguments: str) -> Result:
    @contextmanager
    def started(_settings: Settings) -> Iterator[FakeStack]:
        yield stack

    monkeypatch.setattr("bdd.commands.watch.command.started_stack", started)
    return CliRunner().invoke(app, ["watch", *arguments])


def foreign(patient: int, **place: Any) -> Record:
    return record(envelope("patient.deleted", {"patient_id": patient}), key=str(patient).encode(), **place)


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        ({}, True),
        ({"topics": ["patient-events"]}, True),
        ({"topics": ["matching-events"]}, False),
        ({"topics": ["matching-events", "patient-*"]}, True),
        ({"types": ["patient.deleted"]}, True),
        ({"types": ["patient.created"]}, False),
        ({"types": ["patient.*"]}, True),
        ({"patients": ["5"]}, True),
        ({"patients": ["6"]}, False),
        ({"patients": ["6", "5"]}, True),
        ({"types": ["patient.deleted"], "patients": ["6"]}, False),
    ],
)
def test_an_event_is_shown_when_every_filter_matches(wanted: dict[str, list[str]], shown: bool) -> None:
    assert Wanted(**wanted).includes(record(DELETED)) is shown


def test_a_patient_is_known_by_the_payload_too() -> None:
    """A wrong key is a mistake that somebody may be looking for."""
    assert Wanted(patients=["5"]).includes(record(DELETED, key=b"patient-5"))
    assert Wanted(patients=["5"]).includes(record(DELETED, key=None))


def test_what_is_no_event_has_a_key_but_no_type() -> None:
    poison = record(b"poison")
    assert Wanted().includes(poison)
    assert Wanted(patients=["5"]).includes(poison)
    assert not Wanted(patients=["6"]).includes(poison)
    assert not Wanted(types=["patient.*"]).includes(poison)


@pytest.mark.parametrize("payload", [None, [], "text", {"patient_id": None}])
def test_a_payload_of_another_kind_concerns_no_patient(payload: object) -> None:
    assert not Wanted(patients=["5"]).includes(record(envelope("patient.deleted", payload), key=None))


@pytest.mark.parametrize("wanted", [{"types": ["patient.creatd"]}, {"topics": ["patients"]}, {"types": [""]}])
def test_a_name_that_nothing_could_ever_match_is_refused(wanted: dict[str, list[str]]) -> None:
    with pytest.raises(WantsNothing, match=r"there are: .*patient"):
        Wanted(**wanted)


@pytest.mark.parametrize("patient", ["", "abc", "0", "-1", "1.0", " 5", "05", "patient-5"])
def test_an_id_that_no_patient_can_have_is_refused(patient: str) -> None:
    with pytest.raises(WantsNothing, match=f"^No patient has the id '{patient}'"):
        Wanted(patients=[patient])


def test_a_line_for_people_has_place_key_type_and_payload() -> None:
    line = line_for_people(record(DELETED, partition=2, offset=17), []).plain
    assert "patient-events/2@17" in line
    assert 'key "5"' in line
    assert "patient.deleted" in line
    assert '{"patient_id": 5}' in line
    assert "\n" not in line


def test_each_breach_has_a_line_of_its_own() -> None:
    broken = record(envelope("patient.deleted", {"patient_id": "5"}))
    violations = event_schemas(contract.current()).violations(broken)
    assert violations
    lines = line_for_people(broken, violations).plain.splitlines()
    assert len(lines) == 1 + len(violations)
    assert "breaks the contract" in lines[1]
    assert json.loads(line_for_programs(broken, violations))["violations"] == violations


@pytest.mark.parametrize("value", [b"poison", None, b"\xff\xfe", b"[1]", ESCAPE.encode()])
def test_what_is_no_event_is_shown_with_the_reason(value: bytes | None) -> None:
    assert "no event: its value is" in line_for_people(record(value), []).plain or value is None
    assert "no event: it has no value" in line_for_people(record(value), []).plain or value is not None
    fields = json.loads(line_for_programs(record(value), []))
    assert fields["type"] is None
    assert fields["no_event"]


def test_a_record_cannot_steer_the_terminal() -> None:
    for value in (ESCAPE.encode(), envelope(ESCAPE, {"vorname": ESCAPE})):
        line = line_for_people(record(value, key=ESCAPE.encode()), [ESCAPE]).plain
        assert all(char.isprintable() or char == "\n" for char in line)


def test_a_line_for_programs_is_json_in_utf_8_whatever_the_event_holds() -> None:
    odd = envelope("patient.created", {"vorname": "Jürgen \ud800 \n"})
    line = line_for_programs(record(odd, key=b"\xff"), [])
    assert line.count(b"\n") == 1
    fields = json.loads(line.decode())
    assert fields["payload"] == odd["payload"]
    assert fields["key"] == {"base64": "/w=="}
    assert "Jürgen".encode() in line


def test_it_shows_what_comes_and_ends_with_the_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    result = watch(monkeypatch, FakeStack(foreign(5), record(b"poison"), foreign(6)), "--patient", "5")
    assert result.exit_code == 1
    assert result.stdout.count("patient-events/0@") == 2
    assert "The watch ends here: the broker has ended" in result.stderr
    assert result.stderr.endswith("2 records shown (1 of them no events), 1 filtered out\n")


def test_a_limit_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    result = watch(monkeypatch, FakeStack(*map(foreign, range(1, 9))), "--json", "--limit", "3")
    assert result.exit_code == 0
    assert [json.loads(line)["key"] for line in result.stdout.splitlines()] == ["1", "2", "3"]
    assert "3 records shown, 0 filtered out" in result.stderr


@pytest.mark.parametrize(("arguments", "exit_code"), [([], 0), (["--limit", "2"], 130)])
def test_a_signal_ends_a_live_view_as_it_should_and_cuts_off_one_with_a_limit(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], exit_code: int
) -> None:
    class Interrupted(FakeStack):
        def trouble(self) -> str | None:
            raise KeyboardInterrupt

    result = watch(monkeypatch, Interrupted(foreign(5)), *arguments)
    assert (result.exit_code, result.stdout.count("patient-events/0@")) == (exit_code, 1)
    assert result.stderr.endswith("1 record shown, 0 filtered out\n")


def test_a_signal_before_the_view_begins_is_an_interruption(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def started(_settings: Settings) -> Iterator[FakeStack]:
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr("bdd.commands.watch.command.started_stack", started)
    assert CliRunner().invoke(app, ["watch"]).exit_code == 130


def test_only_a_platform_of_its_own_is_offered_for_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    remote = ["-D", "stack=remote", "-D", "api_url=http://127.0.0.1:8001", "-D", "bootstrap_servers=127.0.0.1:9092"]
    assert "curl" in watch(monkeypatch, FakeStack(foreign(5))).stderr
    assert "curl" not in watch(monkeypatch, FakeStack(foreign(5)), *remote).stderr


def test_a_stack_that_does_not_start_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def started(_settings: Settings) -> Iterator[FakeStack]:
        raise CannotStart("The broker cannot be reached")
        yield

    monkeypatch.setattr("bdd.commands.watch.command.started_stack", started)
    result = CliRunner().invoke(app, ["watch"])
    assert (result.exit_code, result.output) == (1, "The broker cannot be reached\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-D", "stak=remote"], "Did you mean stack?"),
        (["-D", "contract=nowhere.yaml"], "cannot be read"),
        (["--type", "patient.creatd"], "no event type patient.creatd"),
        (["--patient", ""], "No patient has the id ''. Ids are whole numbers from 1 on"),
    ],
)
def test_what_is_wrong_is_said_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    result = watch(monkeypatch, FakeStack(), *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert not result.stdout
