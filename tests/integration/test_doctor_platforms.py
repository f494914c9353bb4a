"""The doctor at real platforms: sound ones, and ones with common problems."""

import signal
from pathlib import Path
from typing import Any

import pytest
import requests

from bdd.run.process import remote
from bdd.stacks.embedded.broker import EmbeddedBroker
from bdd.system.paths import ROOT
from bdd.system.waiting import wait_until
from tests.support.running import GUARD_SECONDS, SLOW_SECONDS, ModuleRun, doctor, patient_service

pytestmark = pytest.mark.usefixtures("distribution")  # what is fetched once is not what is waited for here


def failed(checks: dict[str, dict[str, Any]]) -> list[str]:
    return [name for name, check in checks.items() if check["state"] == "failed"]


def test_a_sound_machine_passes_and_nothing_is_left(tmp_path: Path) -> None:
    exit_code, checks = doctor(tmp_path, "--try")
    assert exit_code == 0, checks
    assert {"cache", "Java", "start", "API", "listeners", "topics", "event"} <= checks.keys()
    assert "patient.created at patient-events/" in checks["event"]["sentence"]


def test_a_sound_remote_platform_passes_and_is_as_before(
    tmp_path: Path, broker: EmbeddedBroker, api_url: str
) -> None:
    exit_code, checks = doctor(tmp_path, *remote(api_url, broker.bootstrap_servers), "--try")
    assert exit_code == 0, checks
    assert requests.get(f"{api_url}/api/patients", timeout=SLOW_SECONDS).json() == []


def test_it_only_reads_without_try(tmp_path: Path, broker: EmbeddedBroker) -> None:
    """The ids of the service count on: one that was given out is not used again."""
    with patient_service(tmp_path, broker.bootstrap_servers) as url:
        assert doctor(tmp_path, *remote(url, broker.bootstrap_servers))[0] == 0
        created = requests.post(f"{url}/api/patients", json={"vorname": "A", "nachname": "B"}, timeout=SLOW_SECONDS)
        assert created.json()["id"] == 1


def test_service_and_broker_that_are_down_are_two_failures(tmp_path: Path, closed_port: int) -> None:
    nowhere = f"127.0.0.1:{closed_port}"
    exit_code, checks = doctor(tmp_path, *remote(f"http://{nowhere}", nowhere), "--try")
    assert exit_code == 1
    assert failed(checks) == ["service", "bootstrap"]
    assert f"connection refused at {nowhere}" in checks["service"]["sentence"]
    assert f"{nowhere} refuses connections" in checks["bootstrap"]["sentence"]
    assert checks["bootstrap"]["next"] == "docker compose ps"
    assert checks["event"]["state"] == "not reached"


def test_a_topic_that_is_not_found_is_named_with_those_that_are(
    tmp_path: Path, broker: EmbeddedBroker, api_url: str
) -> None:
    own = (ROOT / "contracts" / "asyncapi.yaml").read_text(encoding="utf-8")
    (tmp_path / "own.yaml").write_text(own.replace("address: matching-events", "address: matchings"))
    arguments = remote(api_url, broker.bootstrap_servers, contract=tmp_path / "own.yaml")
    exit_code, checks = doctor(tmp_path, *arguments)
    assert exit_code == 1
    assert failed(checks) == ["topics"]
    sentence = checks["topics"]["sentence"]
    assert sentence.startswith("topic not found: matchings; or a client without a login may not see it. ")
    assert "The broker shows: communication-events" in sentence
    assert "--create --topic matchings --partitions 3" in checks["topics"]["next"]


@pytest.mark.parametrize(
    ("defect", "patience", "message"),
    [
        ("created-never", {"deadline": 1, "deadline_factor": 1}, "its event did not show up"),
        ("producer-wrong", {}, "producer is "),
    ],
)
def test_an_event_that_does_not_come_or_is_wrong_is_noticed(
    tmp_path: Path, broker: EmbeddedBroker, defect: str, patience: dict[str, object], message: str
) -> None:
    command = ("proof.broken_service", "patient-service", defect, "3000000")
    with patient_service(tmp_path, broker.bootstrap_servers, *command) as url:
        exit_code, checks = doctor(tmp_path, *remote(url, broker.bootstrap_servers, **patience), "--try")
        assert requests.get(f"{url}/api/patients", timeout=SLOW_SECONDS).json() == [], (
            "the patient is deleted all the same"
        )
    assert exit_code == 1
    assert failed(checks) == ["event"]
    assert message in checks["event"]["sentence"]
    assert "logs" in checks["event"]["next"]


@pytest.mark.parametrize(("defect", "wrong"), [("sound", []), ("created-never", ["event"])])
def test_an_event_is_tried_whatever_is_wrong_with_lists_and_other_topics(
    tmp_path: Path, broker: EmbeddedBroker, defect: str, wrong: list[str]
) -> None:
    own = (ROOT / "contracts" / "asyncapi.yaml").read_text(encoding="utf-8")
    api = (ROOT / "contracts" / "patients.openapi.yaml").read_text(encoding="utf-8")
    (tmp_path / "own.yaml").write_text(own.replace("address: matching-events", "address: matchings"), "utf-8")
    (tmp_path / "api.yaml").write_text(
        api.replace(
            "{type: array, items: {$ref: '#/components/schemas/Patient'}}", "{type: array, minItems: 100000}"
        ),
        "utf-8",
    )
    contracts = {"contract": tmp_path / "own.yaml", "openapi": tmp_path / "api.yaml"}
    command = ("proof.broken_service", "patient-service", defect, f"{5_000_000 + 1000 * len(wrong)}")
    with patient_service(tmp_path, broker.bootstrap_servers, *command) as url:
        exit_code, checks = doctor(
            tmp_path, *remote(url, broker.bootstrap_servers, deadline=2, **contracts), "--try"
        )
    assert exit_code == 1
    assert failed(checks) == ["API", "topics", *wrong]
    assert ("did not show up" if wrong else "patient.deleted at") in checks["event"]["sentence"]


def test_an_interrupted_try_leaves_no_patient(tmp_path: Path, broker: EmbeddedBroker) -> None:
    command = ("proof.broken_service", "patient-service", "created-never", "4000000")
    with patient_service(tmp_path, broker.bootstrap_servers, *command) as url:
        run = ModuleRun(tmp_path, "bdd", "doctor", "--try", *remote(url, broker.bootstrap_servers, deadline=60))

        def patients() -> list[object]:
            found: list[object] = requests.get(f"{url}/api/patients", timeout=SLOW_SECONDS).json()
            return found

        def waiting() -> None:
            assert patients(), "the doctor has not made its patient yet"

        wait_until(waiting, description="the patient", timeout=GUARD_SECONDS, abort_if=run.ended)
        run.process.send_signal(signal.SIGTERM)
        assert run.end() == 130
        assert patients() == []
    assert "Interrupted" in run.errors
    assert not run.left_over()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_doctor_leaves_nothing(tmp_path: Path, number: int) -> None:
    run = ModuleRun(tmp_path, "bdd", "doctor")
    run.await_child("kafka.Kafka").suspend()  # or a quick doctor would be well before the signal comes
    run.process.send_signal(number)
    assert run.end() == 130
    assert "Interrupted" in run.errors
    assert not run.left_over()
