"""The doctor: the order of its checks, what each says, and its exit code."""

import json
import socket
import threading
from collections.abc import Callable, Mapping
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
from bdd.domain.patients import synthetic_data
from bdd.kafka.connection.diagnosis import Diagnosis
from bdd.kafka.connection.probe import ProbeResult
from bdd.kafka.connection.problem import Problem
from bdd.settings.settings import load_settings
from bdd.stacks.checks.brokers import KafkaChecks, check_topics
from bdd.stacks.checks.check import Check, Failed
from bdd.stacks.factory import make_stack
from bdd.system.network import Server

REMOTE = {"stack": "remote", "api_url": "http://127.0.0.1:8001", "bootstrap_servers": "127.0.0.1:9092"}
STACKS = [{}, REMOTE, {"stack": "compose", "external_port": "19092"}, {"stack": "attached", "project": "theirs"}]
TOPICS = dict(contract.current().partitions)
PATIENT = {"id": 5, **synthetic_data("doctor"), "status": "offen"}
BOOTSTRAP = Server("127.0.0.1", 9092)


def sound() -> str:
    return "all is well"


def broken() -> str:
    raise Failed("it is broken", "mend it")


def states(results: list[Result]) -> dict[str, State]:
    return {result.name: result.state for result in results}


def test_a_check_is_made_when_those_that_it_needs_have_passed() -> None:
    checks = [
        Check("a", sound),
        Check("b", broken, ("a",)),
        Check("c", sound, ("b",)),
        Check("d", sound, ("c", "a")),
    ]
    results = examine([*checks, Check("e", sound, ("a",))])
    assert states(results) == {
        "a": State.PASSED,
        "b": State.FAILED,
        "c": State.NOT_REACHED,
        "d": State.NOT_REACHED,
        "e": State.PASSED,
    }
    assert results[1].next_command == "mend it"
    assert results[2].sentence == "needs: b"


def test_a_check_that_breaks_costs_no_other_one() -> None:
    results = examine([Check("odd", lambda: str(1 // 0)), Check("sound", sound)])
    assert states(results) == {"odd": State.FAILED, "sound": State.PASSED}
    assert "ZeroDivisionError" in results[0].sentence


def test_a_check_that_hangs_is_left_behind() -> None:
    never = threading.Event()
    results = examine([Check("hangs", lambda: str(never.wait()), timeout=0.05), Check("sound", sound)])
    never.set()
    assert states(results) == {"hangs": State.FAILED, "sound": State.PASSED}
    assert "no answer within" in results[0].sentence


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
    [([Check("a", sound)], 0), ([Check("a", sound), Check("b", broken)], 1), ([Check("b", broken)], 1)],
)
def test_the_exit_code_is_0_only_when_all_have_passed(
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
    told = invoke(monkeypatch, [Check("a", sound), Check("b", broken), Check("c", sound, ("b",))]).stdout
    assert all(word in told for word in ("all is well", "it is broken", "not reached", "needs: b"))
    assert "b:\n  next:       mend it\n" in told
    assert told.endswith("1 passed, 1 failed, 1 not reached\n")


def test_a_command_that_the_sentence_names_already_is_not_said_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    def long() -> str:
        raise Failed("it is broken\n  next:       mend it now", "mend it")

    told = invoke(monkeypatch, [Check("b", long)]).stdout
    assert told.count("mend it") == 1


def test_json_is_for_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    told = json.loads(invoke(monkeypatch, [Check("a", sound), Check("b", broken)], "--json").stdout)
    assert told == {
        "stack": "embedded",
        "healthy": False,
        "checks": [
            {"check": "a", "state": "passed", "sentence": "all is well", "next": None},
            {"check": "b", "state": "failed", "sentence": "it is broken", "next": "mend it"},
        ],
    }


def test_a_secret_of_the_settings_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    def telling() -> str:
        raise Failed("refused: correct-horse-battery\nwith correct-horse-battery", "login correct-horse-battery")

    monkeypatch.setenv("BDD_SASL_PASSWORD", "correct-horse-battery")
    secured = {**REMOTE, "security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "PLAIN", "sasl_username": "me"}
    arguments = [f"-D{name}={value}" for name, value in secured.items()]
    for more in ([], ["--json"]):
        result = invoke(monkeypatch, [Check("a", telling)], *arguments, *more)
        assert "refused: ***" in result.stdout
        assert "horse" not in result.output


def test_other_versions_than_the_pinned_ones_are_named(tmp_path: Path) -> None:
    assert states(examine([installation_check()])) == {"versions": State.PASSED}
    other = tmp_path / "requirements.txt"
    other.write_text("behave==0.0.1   # old\nno-such-package==1.0\n")
    [result] = examine([installation_check(other)])
    assert result.state is State.FAILED
    assert "behave is 1.3.3, not 0.0.1, no-such-package is missing, not 1.0" in result.sentence


def failed(results: Mapping[str, Result]) -> list[str]:
    return [name for name, result in results.items() if result.state is State.FAILED]


@pytest.fixture
def kafka(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Result]]:
    def look(diagnosis: Diagnosis, idle_limit: int | None = 600_000) -> dict[str, Result]:
        monkeypatch.setattr("bdd.stacks.checks.brokers.diagnose", lambda *_: diagnosis)
        monkeypatch.setattr("bdd.stacks.checks.brokers.idle_limit", lambda *_: idle_limit)
        checks = KafkaChecks(load_settings(REMOTE), lambda: str(BOOTSTRAP)).checks()
        return {result.name: result for result in examine(checks)}

    return look


def diagnosis(advertised: Problem | None = None, topics: Mapping[str, int] = TOPICS) -> Diagnosis:
    broker = ProbeResult(Server("kafka", 9092), (), advertised)
    return Diagnosis({}, (ProbeResult(BOOTSTRAP, ("127.0.0.1",)),), {1: broker}, topics)


def test_sound_brokers_pass(kafka: Callable[..., dict[str, Result]]) -> None:
    results = kafka(diagnosis())
    assert not failed(results)
    assert "after 600000 ms" in results["client time-outs"].sentence


def test_a_broker_that_is_down(kafka: Callable[..., dict[str, Result]]) -> None:
    results = kafka(Diagnosis({}, (ProbeResult(BOOTSTRAP, ("127.0.0.1",), Problem.REFUSED),)))
    assert failed(results) == ["bootstrap"]
    assert "refuses connections" in results["bootstrap"].sentence
    assert results["bootstrap"].next_command == "docker compose ps"


def test_a_listener_that_leads_astray(kafka: Callable[..., dict[str, Result]]) -> None:
    results = kafka(diagnosis(Problem.UNRESOLVED))
    assert failed(results) == ["listeners"]
    assert "kafka:9092" in results["listeners"].sentence
    assert "EXTERNAL" in results["listeners"].sentence
    assert results["topics"].state is State.NOT_REACHED


def test_a_broker_that_hangs_up_first(kafka: Callable[..., dict[str, Result]]) -> None:
    results = kafka(diagnosis(), idle_limit=30_000)
    assert failed(results) == ["client time-outs"]
    assert "connections_max_idle_ms=27000" in results["client time-outs"].next_command


def test_a_broker_that_does_not_tell_its_limit(kafka: Callable[..., dict[str, Result]]) -> None:
    assert not failed(kafka(diagnosis(), idle_limit=None))


@pytest.mark.parametrize(
    ("changed", "said", "command"),
    [
        ({"patient-events": None}, "topic not found: patient-events. The broker has: communication", "--create"),
        ({"patient-events": 1}, "patient-events has 1 partitions, not 3", "--alter"),
        ({"patient-events": 9}, "patient-events has 9 partitions, not 3", "--delete"),
    ],
)
def test_topics_that_are_missing_or_different(changed: dict[str, int | None], said: str, command: str) -> None:
    existing = {name: count for name, count in {**TOPICS, **changed}.items() if count is not None}
    with pytest.raises(Failed, match=said) as error:
        check_topics(existing, "kafka:9092")
    assert f"{command} --topic patient-events" in error.value.next_command


def test_no_topics_at_all() -> None:
    with pytest.raises(Failed, match="The broker has: none"):
        check_topics({}, "kafka:9092")


def test_without_an_engine_the_rest_is_not_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> None:
        raise EngineUnavailable("The container engine does not answer")

    monkeypatch.setattr("bdd.stacks.checks.engine.connect", none)
    settings = load_settings({"stack": "attached", "project": "theirs"})
    results = examine(checks_for(settings, make_stack(settings, "a-run"), try_it=True))
    assert [result.name for result in results if result.state is State.FAILED] == ["engine"]
    assert results[-1].state is State.NOT_REACHED


def test_a_port_that_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = load_settings({"stack": "compose", "external_port": str(taken.getsockname()[1])})
        checks = {check.name: check for check in checks_for(settings, make_stack(settings, "a-run"), try_it=False)}
        [result] = examine([checks["port"]])
    assert "is taken" in result.sentence


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    settings = load_settings({"stack": "compose", "evidence_dir": str(tmp_path / "file")})
    checks = {check.name: check for check in checks_for(settings, make_stack(settings, "a-run"), try_it=False)}
    [result] = examine([checks["folder"]])
    assert result.state is State.FAILED
