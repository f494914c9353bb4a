"""The doctor: the order of its checks, their results, and its exit code."""

import json
import re
import socket
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bdd.commands.cli import app
from bdd.commands.doctor.command import checks_for
from bdd.commands.doctor.examination import Result, State, examine
from bdd.commands.doctor.installation import installation_check
from bdd.containers.engine import EngineUnavailable
from bdd.contracts import asyncapi as contract
from bdd.kafka.connection.diagnosis import Diagnosis
from bdd.kafka.connection.probe import ProbeResult
from bdd.kafka.connection.problem import Problem
from bdd.settings.settings import load_settings
from bdd.stacks.checks.brokers import KafkaChecks, check_topics
from bdd.stacks.checks.check import Absent, Check, Failed
from bdd.stacks.factory import make_stack
from bdd.system.network import Server

REMOTE = {"stack": "remote", "api_url": "http://127.0.0.1:8001", "bootstrap_servers": "127.0.0.1:9092"}
STACKS = [{}, REMOTE, {"stack": "compose", "external_port": "19092"}, {"stack": "attached", "project": "theirs"}]
TOPICS = dict(contract.current().partitions)
BOOTSTRAP = Server("127.0.0.1", 9092)


def sound() -> str:
    return "all is well"


def broken() -> str:
    raise Failed("it is broken", "mend it")


def states(results: list[Result]) -> dict[str, State]:
    return {result.name: result.state for result in results}


def test_a_check_is_made_when_those_that_it_needs_have_passed() -> None:
    never = threading.Event()
    checks = [
        Check("a", sound),
        Check("b", broken, ("a",)),
        Check("c", sound, ("b",)),
        Check("d", sound, ("c", "a")),
        Check("odd", lambda: str(1 // 0)),
        Check("hangs", lambda: str(never.wait()), timeout=0.05),
        Check("e", sound, ("a",)),
    ]
    results = examine(checks)
    never.set()
    assert states(results) == {
        "a": State.PASSED,
        "b": State.FAILED,
        "c": State.NOT_REACHED,
        "d": State.NOT_REACHED,
        "odd": State.FAILED,
        "hangs": State.FAILED,
        "e": State.PASSED,
    }
    assert results[1].next_command == "mend it"
    assert results[2].sentence == "needs: b"
    assert "ZeroDivisionError" in results[4].sentence
    assert "no answer within" in results[5].sentence


def absent() -> str:
    raise Absent("there is none")


def test_what_depends_only_on_something_absent_is_left_out() -> None:
    checks = [
        Check("a", sound),
        Check("absent", absent, ("a",)),
        Check("its health", broken, ("absent",)),
        Check("its API", broken, ("its health",)),
        Check("all", sound, ("a", "its API")),
        Check("broken", broken),
        Check("none of both", sound, ("broken", "absent")),
    ]
    assert states(examine(checks)) == {
        "a": State.PASSED,
        "absent": State.ABSENT,
        "all": State.PASSED,
        "broken": State.FAILED,
        "none of both": State.NOT_REACHED,
    }


@pytest.mark.parametrize("given", STACKS, ids=lambda given: given.get("stack", "embedded"))
@pytest.mark.parametrize("try_it", [True, False])
def test_the_checks_of_each_stack_come_after_those_that_they_need(given: dict[str, str], try_it: bool) -> None:
    settings = load_settings(given)
    checks = checks_for(settings, make_stack(settings, "a-run"), try_it=try_it)
    names = [check.name for check in checks]
    assert len(set(names)) == len(names)
    for number, check in enumerate(checks):
        assert set(check.depends_on) <= set(names[:number]), check.name
    assert ("event" in names) is try_it


def invoke(monkeypatch: pytest.MonkeyPatch, checks: list[Check], *arguments: str) -> Any:
    monkeypatch.setattr("bdd.commands.doctor.command.checks_for", lambda *_, **__: checks)
    return CliRunner().invoke(app, ["doctor", *arguments], env={"COLUMNS": "200"})


@pytest.mark.parametrize(
    ("checks", "exit_code"),
    [
        ([Check("a", sound)], 0),
        ([Check("a", sound), Check("b", broken)], 1),
        ([Check("b", broken)], 1),
        ([Check("a", sound), Check("c", absent)], 0),
        ([Check("a", broken), Check("c", absent)], 1),
    ],
)
def test_the_exit_code_is_0_only_when_all_that_is_there_has_passed(
    monkeypatch: pytest.MonkeyPatch, checks: list[Check], exit_code: int
) -> None:
    assert invoke(monkeypatch, checks).exit_code == exit_code
    assert invoke(monkeypatch, checks, "--json").exit_code == exit_code


def test_an_interruption_has_an_exit_code_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> str:
        raise KeyboardInterrupt

    result = invoke(monkeypatch, [Check("a", interrupted, timeout=None)])
    assert (result.exit_code, result.stdout) == (130, "")
    assert "Interrupted: the checks that were still to be made have no result" in result.stderr


def test_the_table_has_every_check_and_below_it_the_next_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    table = invoke(monkeypatch, [Check("a", sound), Check("b", broken), Check("c", sound, ("b",))]).stdout
    assert all(word in table for word in ("all is well", "it is broken", "not reached", "needs: b"))
    assert "b:\n  next:       mend it\n" in table
    assert table.endswith("1 passed, 1 failed, 1 not reached\n")


def test_the_table_says_why_something_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    table = invoke(monkeypatch, [Check("a", sound), Check("c", absent), Check("d", broken, ("c",))]).stdout
    assert re.search(r"^  c +absent +there is none", table, re.MULTILINE)
    assert table.endswith("1 passed, 0 failed, 0 not reached, 1 absent\n")
    report = json.loads(invoke(monkeypatch, [Check("c", absent)], "--json").stdout)
    assert report["checks"] == [{"check": "c", "state": "absent", "sentence": "there is none", "next": None}]


def test_a_table_in_a_pipe_has_one_line_for_each_check(monkeypatch: pytest.MonkeyPatch) -> None:
    name, sentence = "a check with a long name " * 5, "what was seen " * 20
    table = invoke(monkeypatch, [Check(name, lambda: sentence)]).stdout
    assert re.search(rf"^  {name.strip()} +passed +{sentence.strip()} *$", table, re.MULTILINE)


def test_a_command_that_the_sentence_names_already_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    def long() -> str:
        raise Failed("it is broken\n  next:       mend it now", "mend it")

    table = invoke(monkeypatch, [Check("b", long)]).stdout
    assert table.count("mend it") == 1


def test_json_is_for_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    report = json.loads(invoke(monkeypatch, [Check("a", sound), Check("b", broken)], "--json").stdout)
    assert report == {
        "stack": "embedded",
        "healthy": False,
        "checks": [
            {"check": "a", "state": "passed", "sentence": "all is well", "next": None},
            {"check": "b", "state": "failed", "sentence": "it is broken", "next": "mend it"},
        ],
    }


def test_a_secret_of_the_settings_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    def leaking() -> str:
        raise Failed("refused: correct-horse-battery\nwith correct-horse-battery", "login correct-horse-battery")

    monkeypatch.setenv("BDD_SASL_PASSWORD", "correct-horse-battery")
    secured = {**REMOTE, "security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "PLAIN", "sasl_username": "me"}
    arguments = [f"-D{name}={value}" for name, value in secured.items()]
    for more in ([], ["--json"]):
        result = invoke(monkeypatch, [Check("a", leaking)], *arguments, *more)
        assert "refused: ***" in result.stdout
        assert "horse" not in result.output


def test_other_versions_than_the_pinned_ones_are_named(tmp_path: Path) -> None:
    assert states(examine([installation_check()])) == {"versions": State.PASSED}
    other = tmp_path / "requirements.txt"
    other.write_text("behave==0.0.1   # old\nno-such-package==1.0\n")
    [result] = examine([installation_check(other)])
    assert result.state is State.FAILED
    assert "behave is 1.3.3, not 0.0.1, no-such-package is missing, not 1.0" in result.sentence


def diagnosis(
    bootstrap: Problem | None = None, advertised: Problem | None = None, topics: Mapping[str, int] = TOPICS
) -> Diagnosis:
    probe = ProbeResult(BOOTSTRAP, ("127.0.0.1",), bootstrap)
    brokers = {} if bootstrap else {1: ProbeResult(Server("kafka", 9092), (), advertised)}
    return Diagnosis({}, (probe,), brokers, topics)


@pytest.mark.parametrize(
    ("found", "idle_limit", "failed", "message"),
    [
        (diagnosis(), 600_000, None, "after 600000 ms"),
        (diagnosis(), None, None, "does not report its own"),
        (diagnosis(), 30_000, "client time-outs", "after 30000 ms.*connections_max_idle_ms=27000"),
        (diagnosis(bootstrap=Problem.REFUSED), None, "bootstrap", "refuses connections.*docker compose ps"),
        (diagnosis(advertised=Problem.UNRESOLVED), None, "listeners", "kafka:9092.*EXTERNAL.*docker compose ls"),
    ],
)
def test_the_brokers_pass_or_one_check_fails(
    monkeypatch: pytest.MonkeyPatch,
    found: Diagnosis,
    idle_limit: int | None,
    failed: str | None,
    message: str,
) -> None:
    monkeypatch.setattr("bdd.stacks.checks.brokers.diagnose", lambda *_: found)
    monkeypatch.setattr("bdd.stacks.checks.brokers.idle_limit", lambda *_: idle_limit)
    monkeypatch.setattr("bdd.stacks.checks.brokers.unreadable", lambda *_: [])
    results = examine(KafkaChecks(load_settings(REMOTE), lambda: str(BOOTSTRAP)).checks())
    assert [result.name for result in results if result.state is State.FAILED] == ([failed] if failed else [])
    result = next(result for result in results if result.name == (failed or "client time-outs"))
    assert re.search(message, f"{result.sentence} {result.next_command}", re.DOTALL)


@pytest.mark.parametrize(
    ("existing", "message", "command"),
    [
        (
            {"other": 1},
            "topic not found: .*patient-events.*; or its user may not see it. The broker shows: other",
            "--create",
        ),
        ({}, "The broker shows: none", "--create"),
        (
            TOPICS | {"patient-events": 1},
            "patient-events has 1 partitions, not 3",
            "--alter --topic patient-events",
        ),
        (
            TOPICS | {"patient-events": 9},
            "patient-events has 9 partitions, not 3",
            "--delete --topic patient-events",
        ),
    ],
)
def test_topics_that_are_missing_or_different(existing: dict[str, int], message: str, command: str) -> None:
    with pytest.raises(Failed, match=message) as error:
        check_topics(existing, "kafka:9092")
    assert f"kafka-topics.sh --bootstrap-server kafka:9092 {command}" in error.value.next_command


def test_without_an_engine_the_rest_is_not_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise EngineUnavailable("The container engine does not answer")

    monkeypatch.setattr("bdd.stacks.checks.engine.connect", none)
    settings = load_settings({"stack": "attached", "project": "theirs"})
    results = examine(checks_for(settings, make_stack(settings, "a-run"), try_it=True))
    assert [result.name for result in results if result.state is State.FAILED] == ["engine"]
    assert results[-1].state is State.NOT_REACHED


def test_a_port_that_is_taken_and_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        given = {"stack": "compose", "external_port": str(port), "evidence_dir": str(tmp_path / "file")}
        settings = load_settings(given)
        checks = checks_for(settings, make_stack(settings, "a-run"), try_it=False)
        results = examine(check for check in checks if check.name in {"port", "folder"})
    assert [result.state for result in results] == [State.FAILED, State.FAILED]
    assert f"port {port} is taken" in " ".join(result.sentence for result in results)
