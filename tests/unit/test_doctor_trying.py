"""The doctor's one patient: the message when a request is refused or an event does not show up."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bdd.api.client import ApiClient
from bdd.api.exchange import Exchange
from bdd.commands.doctor.examination import examine
from bdd.commands.doctor.round_trip import try_event
from bdd.evidence.sources import LogFile
from bdd.settings.settings import load_settings
from bdd.stacks.checks.check import Failed
from bdd.stacks.embedded.stack import EmbeddedStack
from tests.support.builders import FakeRecorder, envelope, record

CREATED = (201, {"id": 5})
DELETED = (200, {"message": "Patient deleted successfully"})
SETTINGS = load_settings({"deadline": "0.05"})


class Platform:
    """A service that answers POST and DELETE as given, with a recorder in memory."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, post: Any = CREATED, delete: Any = DELETED) -> None:
        self.stack: Any = SimpleNamespace(
            api_urls={"patient-service": "http://127.0.0.1:8001"},
            absent={},
            recorder=FakeRecorder(),
            trouble=lambda: None,
        )
        self.requests: list[str] = []

        def send(_: ApiClient, method: str, path: str, body: str | None = None) -> Exchange:
            self.requests.append(f"{method} {path}")
            status, answer = post if method == "POST" else delete
            return Exchange(method, path, body, 0.0, 0.004, status, json.dumps(answer))

        monkeypatch.setattr(ApiClient, "send", send)

    def failure(self) -> Failed:
        with pytest.raises(Failed) as failed:
            try_event(self.stack, SETTINGS, lambda resource: f"docker logs {resource.service.name}")
        return failed.value


@pytest.mark.parametrize(
    "post",
    [
        (500, {"message": "Internal Server Error"}),
        (201, {}),
        (201, []),
        (201, {"id": None}),
        (201, {"id": "5"}),
    ],
)
def test_a_refused_request_or_an_odd_answer_is_why_no_event_shows_up(
    monkeypatch: pytest.MonkeyPatch, post: tuple[int, object]
) -> None:
    platform = Platform(monkeypatch, post=post)
    failure = platform.failure()
    assert f"for the request was refused: POST /api/patients -> {post[0]}" in str(failure)
    assert failure.next_command.startswith("curl -i 'http://127.0.0.1:8001/api/patients'")
    assert platform.requests == ["POST /api/patients"]


def test_an_event_that_does_not_come_is_reported_with_what_came_and_the_patient_is_deleted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    platform = Platform(monkeypatch)
    platform.stack.recorder.coming = [
        record(b"poison", key=None),
        record(envelope("patient.created", {"patient_id": 6}), key=b"6"),
    ]
    failure = platform.failure()
    assert 'did not show up as expected: Expected: one patient.created event on patient-events with key "5"' in str(
        failure
    )
    assert "recorded: 2 foreign records" in str(failure)
    assert failure.next_command == "docker logs patient-service"
    assert platform.requests == ["POST /api/patients", "DELETE /api/patients/5"]


def test_an_event_that_breaks_the_contract_is_reported_with_the_violation(monkeypatch: pytest.MonkeyPatch) -> None:
    platform = Platform(monkeypatch)
    platform.stack.recorder.coming = [record(envelope("patient.created", {"patient_id": 5}))]
    assert "payload.patient_data is missing, expected {" in str(platform.failure())


def test_a_patient_that_could_not_be_deleted_is_reported_besides_what_failed_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failure = Platform(monkeypatch, delete=(500, {})).failure()
    assert "did not show up" in str(failure)
    assert "the synthetic patient 5 is still there" in str(failure)
    assert "-X DELETE 'http://127.0.0.1:8001/api/patients/5'" in failure.next_command


def test_a_broken_stack_ends_the_waiting_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    platform = Platform(monkeypatch)
    platform.stack.trouble = lambda: "the broker has ended"
    assert "the broker has ended" in str(platform.failure())


class UnableToStart(EmbeddedStack):
    """It leaves the log of a service that ended, where it has one."""

    log: Path | None = None

    def _start(self) -> None:
        if self.log:
            self._sources["logs/service.log"] = LogFile(self.log)
        raise AssertionError("the service ended")


@pytest.mark.parametrize("kept", [True, False])
def test_a_stack_that_does_not_start_leaves_its_logs_to_look_at(kept: bool, tmp_path: Path) -> None:
    stack = UnableToStart(load_settings({"evidence_dir": str(tmp_path / "of this run")}), "run")
    if kept:
        stack.log = tmp_path / "service.log"
        stack.log.write_text("ImportError: flask\n")
    start = next(check for check in stack.checks(None) if check.name == "start")
    [result] = examine([replace(start, depends_on=())])
    assert result.sentence == "The embedded platform did not start: the service ended"
    if not kept:
        assert result.next_command == "behave features/patient_created.feature"
        return
    shown = subprocess.run(result.next_command, shell=True, capture_output=True, text=True, check=True)  # noqa: S602
    assert "ImportError: flask" in shown.stdout
