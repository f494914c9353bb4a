"""The soak: how runs are divided and judged; its traffic and its services."""

import json
import socket
import sqlite3
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from unittest.mock import Mock, create_autospec

import pytest
import waitress.channel
from typer.testing import CliRunner

from bdd.commands.cli import app
from bdd.contracts import asyncapi as contract
from bdd.contracts.asyncapi import noun_of
from bdd.contracts.event import NotAnEvent, read_event
from bdd.contracts.event_schemas import event_schemas
from bdd.domain.resources import resources
from reference.patient_service.models import Patient
from reference.shared.relay import Producer
from soak import command, soaking
from soak.conditions import CONDITIONS
from soak.platform import give_ids_from
from soak.service import HangsUp, LateProducer, SlowProducer, wrong_clock
from soak.soaking import judge
from soak.traffic import POISON, foreign_events
from tests.support.builders import LONG_TIMEOUT, event_in, record, stand_in

GREEN = "\nGREEN: 64 scenarios passed, and the audit left nothing unexplained\n"
RED = "\nRED: 2 of 64 scenarios failed; 1 cause: no patient.created event comes\n"


def test_the_runs_are_divided_among_the_conditions_and_each_gets_a_round(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "prepare", Mock())
    for runs in (1, 20, 200):
        under = Mock(side_effect=lambda condition, rounds: soaking.Result(condition, [soaking.Outcome(84, 1.0)]))
        monkeypatch.setattr(soaking.Soak, "under", under)
        assert command.run_soak(CONDITIONS, runs) == 0
        rounds = [call.args[1] for call in under.call_args_list]
        assert [call.args[0] for call in under.call_args_list] == list(CONDITIONS)
        shares = [count * each.together for count, each in zip(rounds, CONDITIONS, strict=True)]
        assert max(runs, len(CONDITIONS)) <= sum(shares) <= max(runs, len(CONDITIONS)) + 1
        assert max(shares) - min(shares) <= 1


def test_each_nature_of_the_services_meets_all_features() -> None:
    (condition,) = (each for each in CONDITIONS if len(each.nature) > 1)
    turns = [condition.turn(number) for number in (1, 2, 3, 4)]
    assert turns == [(features, nature) for nature in condition.nature for features in condition.features]
    assert condition.turn(5) == turns[0]


@pytest.mark.parametrize(
    ("exit_code", "output", "error"),
    [
        (0, GREEN, None),
        (1, RED, "exit code 1, 2 of 64 failed"),
        (1, GREEN, "exit code 1, 0 of 64 failed"),
        (1, "The service cannot be reached", "exit code 1, 0 of 0 failed"),
        (None, GREEN, "it did not end"),
        (0, GREEN.replace("64", "0"), "it ran no scenario"),
        (0, "", "it ran no scenario"),
    ],
)
def test_only_a_run_with_scenarios_that_all_passed_is_green(
    exit_code: int | None, output: str, error: str | None
) -> None:
    outcome = judge(exit_code, output, 1.0)
    assert outcome.error == error
    assert outcome.scenarios == (64 if "64" in output else 0)


def test_the_traffic_of_others_is_valid_and_on_every_topic() -> None:
    sent = list(islice(foreign_events(), 100))
    schemas = event_schemas(contract.current())
    assert {topic for topic, _, _ in sent} == set(contract.current().partitions)
    for topic, key, value in sent:
        event = event_in(record(value, topic=topic, key=key.encode()))
        assert event.type in contract.current().messages[topic]
        assert set(event.fields) == {"eventId", "eventType", "version", "timestamp", "producer", "payload"}
        if noun_of(event.type) in resources():
            assert not schemas.violations(read_event(record(value, topic=topic, key=key.encode())))


def test_poison_is_not_an_event_except_the_megabyte() -> None:
    *broken, megabyte = POISON
    for value in broken:
        assert isinstance(read_event(record(value)), NotAnEvent)
    assert len(megabyte or b"") >= 1_000_000


def test_a_service_with_ids_of_its_own_begins_behind_the_last_one(tmp_path: Path) -> None:
    file = tmp_path / "patients.db"
    give_ids_from(f"sqlite:///{file}", Patient, 300_000)
    connection = sqlite3.connect(file)
    names = "(vorname, nachname, status)"
    first = connection.execute(f"INSERT INTO patients {names} VALUES ('Erika', 'Mustermann', 'offen')")  # noqa: S608
    assert first.lastrowid == 300_001
    connection.close()


def test_a_wrong_clock_is_wrong_by_its_offset() -> None:
    before, present, after = datetime.now(UTC), wrong_clock(3).now(UTC), datetime.now(UTC)
    assert (present - before).total_seconds() >= 3
    assert (present - after).total_seconds() <= 3


def test_a_batch_is_held_back_once_and_keeps_its_order(monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[float] = []
    monkeypatch.setattr("soak.service._hold", held.append)
    prompt = create_autospec(Producer, instance=True)
    slow = SlowProducer(prompt, longest=0.4)
    for batch in (["1", "2"], ["3"]):
        for key in batch:
            slow.produce("patient-events", key=key, value="{}", on_delivery=lambda _error, _message: None)
        slow.poll(0)
    assert held == [0.4, 0.4]
    assert [call.kwargs["key"] for call in prompt.produce.call_args_list] == ["1", "2", "3"]


@pytest.mark.parametrize(("only_first", "waited"), [(False, [2.5, 2.0]), (True, [2.5])])
def test_an_event_is_late_by_its_own_seconds_however_long_others_wait(
    monkeypatch: pytest.MonkeyPatch, *, only_first: bool, waited: list[float]
) -> None:
    pauses: list[float] = []
    now = datetime(2026, 11, 23, 12, 0, 2, tzinfo=UTC).timestamp()
    monkeypatch.setattr("soak.service._pause", lambda seconds: pauses.append(round(seconds, 3)))
    monkeypatch.setattr("soak.service.time", stand_in(time, time=lambda: now))
    prompt = create_autospec(Producer, instance=True)
    late = LateProducer(prompt, 4.5, only_first=only_first)
    for key, made in (("1", "2026-11-23T12:00:00+00:00"), ("2", "2026-11-23T11:59:59.500+00:00")):
        late.produce("patient-events", key=key, value=json.dumps({"timestamp": made}), on_delivery=Mock())
    assert [pause for pause in pauses if pause > 0] == waited
    assert [call.kwargs["key"] for call in prompt.produce.call_args_list] == ["1", "2"]


def _empty_list(_environ: object, start: Callable[[str, list[tuple[str, str]]], object]) -> list[bytes]:
    start("200 OK", [("Content-Length", "2")])
    return [b"[]"]


@pytest.mark.parametrize("connection", ["close", "keep-alive"])
def test_a_service_hangs_up_without_saying_so(monkeypatch: pytest.MonkeyPatch, connection: str) -> None:
    monkeypatch.setattr(waitress.channel.HTTPChannel, "task_class", HangsUp)
    server = waitress.create_server(_empty_list, host="127.0.0.1", port=0, threads=1)
    serving = threading.Thread(target=server.run)
    serving.start()
    try:
        with socket.create_connection(("127.0.0.1", server.effective_port), LONG_TIMEOUT) as client:
            client.sendall(f"GET / HTTP/1.1\r\nHost: x\r\nConnection: {connection}\r\n\r\n".encode())
            response = b"".join(iter(lambda: client.recv(65536), b""))
    finally:
        server.close()
        serving.join()
    assert response.startswith(b"HTTP/1.1 200 OK\r\n")
    assert response.endswith(b"\r\n\r\n[]")
    assert b"onnection" not in response


def test_the_list_names_every_condition_and_any_other_is_refused() -> None:
    lines = CliRunner().invoke(app, ["soak", "--list"]).output.splitlines()
    assert [line.split()[0] for line in lines] == [each.name for each in CONDITIONS]
    result = CliRunner().invoke(app, ["soak", "--only", "rain"], env={"COLUMNS": "200"})
    assert result.exit_code == 2
    assert "there is no condition rain; see: python -m bdd soak --list" in result.output
