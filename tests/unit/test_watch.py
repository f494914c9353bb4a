"""The watch: which records are shown, how, and how it ends."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from typer import Typer
from typer.testing import CliRunner, Result

from bdd.commands.cli import app
from bdd.commands.options import option_for_each_resource
from bdd.commands.watch.filters import Filters, NothingMatches
from bdd.commands.watch.format import line_for_people, line_for_programs
from bdd.contracts import asyncapi as contract
from bdd.contracts.event import read_event
from bdd.contracts.event_schemas import event_schemas
from bdd.domain.resource import Resource, Service
from bdd.domain.resources import resources
from bdd.kafka.record import Record
from bdd.settings.settings import Settings
from bdd.stacks.base import CannotStart
from tests.support.builders import FakeRecorder, envelope, record
from tests.support.third_resource import rooms_known

DELETED = envelope("patient.deleted", {"patient_id": 5})
ESCAPE = "\x1b[2J\x9b2J"


class FakeStack:
    """A stack whose recorder reads the given records, and that breaks then."""

    def __init__(self, *records: Record) -> None:
        self.api_urls = {"patient-service": "http://127.0.0.1:8001"}
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
    ("filters", "shown"),
    [
        ({}, True),
        ({"topics": ["patient-events"]}, True),
        ({"topics": ["matching-events"]}, False),
        ({"topics": ["matching-events", "patient-*"]}, True),
        ({"types": ["patient.deleted"]}, True),
        ({"types": ["patient.created"]}, False),
        ({"types": ["patient.*"]}, True),
        ({"ids": {"patient": ["5"]}}, True),
        ({"ids": {"patient": ["6"]}}, False),
        ({"ids": {"patient": ["6", "5"]}}, True),
        ({"types": ["patient.deleted"], "ids": {"patient": ["6"]}}, False),
    ],
)
def test_an_event_is_shown_when_every_filter_matches(filters: dict[str, Any], shown: bool) -> None:
    assert Filters(**filters).match(record(DELETED)) is shown


@pytest.mark.parametrize(
    ("value", "key", "filters", "shown"),
    [
        # A wrong key is a mistake that somebody may be looking for.
        (DELETED, b"patient-5", {"ids": {"patient": ["5"]}}, True),
        (DELETED, None, {"ids": {"patient": ["5"]}}, True),
        (envelope("patient.deleted", None), None, {"ids": {"patient": ["5"]}}, False),
        (envelope("patient.deleted", ["5"]), None, {"ids": {"patient": ["5"]}}, False),
        (envelope("patient.deleted", {"patient_id": None}), None, {"ids": {"patient": ["5"]}}, False),
        (b"poison", b"5", {}, True),
        (b"poison", b"5", {"ids": {"patient": ["5"]}}, True),
        (b"poison", b"5", {"ids": {"patient": ["6"]}}, False),
        (b"poison", b"5", {"types": ["patient.*"]}, False),
    ],
)
def test_a_patient_is_known_by_key_and_payload(
    value: Any, key: bytes | None, filters: dict[str, Any], shown: bool
) -> None:
    assert Filters(**filters).match(record(value, key=key)) is shown


MATCH = envelope("match.created", {"match_id": 9, "patient_id": 5})
MATCHES = Resource("match", "/api/matches", Service("matching-service", 8003))


@pytest.mark.parametrize(
    ("value", "topic", "key", "ids", "shown"),
    [
        (DELETED, "patient-events", b"5", {"match": ["5"]}, False),
        (DELETED, "patient-events", b"5", {"match": ["5"], "patient": ["5"]}, True),
        (MATCH, "matching-events", b"9", {"match": ["9"]}, True),
        (MATCH, "matching-events", b"9", {"patient": ["9"]}, False),
        (MATCH, "matching-events", b"9", {"patient": ["5"]}, True),
        (MATCH, "matching-events", None, {"match": ["7", "9"]}, True),
        (b"poison", "matching-events", b"9", {"match": ["9"]}, True),
        (b"poison", "matching-events", b"9", {"patient": ["9"]}, False),
    ],
)
def test_the_same_id_of_two_resources_means_two_things(  # noqa: PLR0917 - pytest passes names
    monkeypatch: pytest.MonkeyPatch, value: Any, topic: str, key: bytes | None, ids: Any, shown: bool
) -> None:
    known = {"patient": resources()["patient"], "match": MATCHES}
    monkeypatch.setattr("bdd.commands.watch.filters.resources", lambda: known)
    assert Filters(ids=ids).match(record(value, topic=topic, key=key)) is shown


def test_each_resource_has_an_option_of_its_own(tmp_path: Path) -> None:
    seen: list[Mapping[str, list[str] | None]] = []

    def watch(*, topic: str = "", **ids: list[str] | None) -> None:
        seen.append({noun: given for noun, given in ids.items() if given})

    app = Typer()
    with rooms_known(tmp_path):
        app.command()(option_for_each_resource(watch))
    result = CliRunner().invoke(app, ["--room", "3", "--patient", "17", "--room", "4", "--topic", "patient-events"])
    assert result.exit_code == 0, result.output
    assert seen == [{"room": ["3", "4"], "patient": ["17"]}]
    assert CliRunner().invoke(app, ["--topics", "3"]).exit_code == 2


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"types": ["patient.creatd"]}, r"^The contract has no event type patient\.creatd; there are: .*patient"),
        ({"topics": ["patients"]}, r"^The contract has no topic patients; there are: .*patient"),
        ({"types": [""]}, r"^The contract has no event type ''; there are: .*patient"),
        *(
            ({"ids": {"patient": [patient]}}, f"^No patient has the id '{patient}'")
            for patient in ("", "abc", "0", "-1", "1.0", " 5", "05", "patient-5")
        ),
    ],
)
def test_a_filter_that_nothing_can_match_is_refused(filters: dict[str, Any], message: str) -> None:
    with pytest.raises(NothingMatches, match=message):
        Filters(**filters)


def test_a_line_for_people_has_place_key_type_and_payload() -> None:
    line = line_for_people(record(DELETED, partition=2, offset=17), []).plain
    assert re.fullmatch(r"\S+  patient-events/2@17 +  key \"5\" +  patient\.deleted +\{\"patient_id\": 5\}", line)


def test_each_violation_has_a_line_of_its_own() -> None:
    broken = record(envelope("patient.deleted", {"patient_id": "5"}))
    violations = event_schemas(contract.current()).violations(read_event(broken))
    assert violations
    _, *lines = line_for_people(broken, violations).plain.splitlines()
    assert lines == [f"    breaks the contract: {violation}" for violation in violations]
    assert json.loads(line_for_programs(broken, violations))["violations"] == violations


@pytest.mark.parametrize("value", [b"poison", None, b"\xff\xfe", b"[1]", ESCAPE.encode()])
def test_what_is_not_an_event_is_shown_with_the_reason(value: bytes | None) -> None:
    reason = "no event: its value is" if value else "no event: it has no value"
    assert reason in line_for_people(record(value), []).plain
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


def test_it_shows_what_comes_and_ends_with_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    stack = FakeStack(foreign(5), record(b"poison"), foreign(6))
    result = watch(monkeypatch, stack, "--patient", "5")
    assert result.exit_code == 1
    assert stack.recorder.forgotten == 2, "a watch that lasts for days keeps only what it has not shown"
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


@pytest.mark.parametrize(
    ("error", "exit_code", "output"),
    [
        (KeyboardInterrupt(), 130, "0 records shown, 0 filtered out\n"),
        (CannotStart("The broker cannot be reached"), 1, "The broker cannot be reached\n"),
    ],
)
def test_a_start_that_is_interrupted_or_fails_has_its_own_exit_code(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, exit_code: int, output: str
) -> None:
    monkeypatch.setattr("bdd.commands.watch.command.started_stack", Mock(side_effect=error))
    result = CliRunner().invoke(app, ["watch"])
    assert (result.exit_code, result.output) == (exit_code, output)


def test_only_a_platform_of_its_own_is_offered_for_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    remote = ["-D", "stack=remote", "-D", "api_url=http://127.0.0.1:8001", "-D", "bootstrap_servers=127.0.0.1:9092"]
    offered = watch(monkeypatch, FakeStack(foreign(5))).stderr
    assert "  curl -s http://127.0.0.1:8001/api/patients -H 'Content-Type: application/json' -d '{" in offered
    assert "curl" not in watch(monkeypatch, FakeStack(foreign(5)), *remote).stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-D", "stak=remote"], "Did you mean stack?"),
        (["-D", "contract=nowhere.yaml"], "cannot be read"),
        (["--type", "patient.creatd"], "no event type patient.creatd"),
        (["--patient", ""], "No patient has the id ''. Ids are whole numbers from 1 on"),
    ],
)
def test_what_is_wrong_is_reported_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    result = watch(monkeypatch, FakeStack(), *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert not result.stdout
