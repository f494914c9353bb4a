"""The recorder's process: its settings, its messages and exit codes, and its life until a signal."""

import logging
import os
import re
import signal
import socket
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import create_autospec

import pytest
import requests

from bdd.contracts import asyncapi as contract
from bdd.recorder import __main__ as recorder_main
from bdd.recorder.client import RecorderClient
from bdd.recorder.consumer import TopicsConsumer
from bdd.recorder.settings import RecorderSettings
from bdd.system.waiting import wait_until
from tests.support.builders import LONG_TIMEOUT, record

NEEDED = {
    "RECORDER_CLIENT": '{"bootstrap.servers": "kafka:9092", "sasl.password": "synthetic"}',
    "RECORDER_FOLDER": "journals",
    "RECORDER_TOKEN": "of-this-run",
}
DEFAULT = RecorderSettings(
    client={"bootstrap.servers": "kafka:9092", "sasl.password": "synthetic"},
    topics={"patient-events": 3},
    folder=Path("journals"),
    token=NEEDED["RECORDER_TOKEN"],
)


def settings_from(environment: Mapping[str, str]) -> RecorderSettings:
    return RecorderSettings.from_environment(environment, default_topics={"patient-events": 3})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"host": "127.0.0.1", "port": 0, "create_topics": False}),
        ({"RECORDER_TOPICS": "", "RECORDER_HOST": "", "RECORDER_PORT": "", "RECORDER_CREATE_TOPICS": ""}, {}),
        ({"RECORDER_TOPICS": '{"other": 1}'}, {"topics": {"other": 1}}),
        ({"RECORDER_HOST": "0.0.0.0", "RECORDER_PORT": "8080"}, {"host": "0.0.0.0", "port": 8080}),  # noqa: S104
        ({"RECORDER_CREATE_TOPICS": "yes"}, {"create_topics": True}),
        ({"RECORDER_CREATE_TOPICS": "no"}, {"create_topics": False}),
        ({"PATH": "/bin", "RECORDER_UNKNOWN": "1"}, {}),
    ],
)
def test_settings_are_read_from_the_environment(given: dict[str, str], expected: dict[str, object]) -> None:
    settings = settings_from(NEEDED | given)
    assert settings == DEFAULT.model_copy(update=expected)
    assert settings_from(settings.to_environment()) == settings, "they are passed on as they were read"
    assert {type(value) for value in settings.to_environment().values()} == {str}
    assert "synthetic" not in repr(settings)
    assert "of-this-run" not in repr(settings)


@pytest.mark.parametrize(
    ("given", "message"),
    [({name: ""}, f"{name} is not set; see: python -m bdd.recorder --help") for name in NEEDED]
    + [
        ({"RECORDER_CLIENT": "{secret"}, "RECORDER_CLIENT is invalid: Value error, Expecting property name"),
        ({"RECORDER_CLIENT": '["secret"]'}, "RECORDER_CLIENT is invalid: Input should be a valid dictionary"),
        ({"RECORDER_TOPICS": '{"secret": "x"}'}, "RECORDER_TOPICS is invalid: Input should be a valid integer"),
        ({"RECORDER_PORT": "secret"}, "RECORDER_PORT is invalid: Input should be a valid integer"),
        ({"RECORDER_PORT": "65536"}, "RECORDER_PORT is invalid: Input should be less than or equal to 65535"),
        (
            {"RECORDER_CREATE_TOPICS": "secret"},
            "RECORDER_CREATE_TOPICS is invalid: Input should be a valid boolean",
        ),
        (
            {"RECORDER_TOKEN": "", "RECORDER_PORT": "x"},
            "RECORDER_TOKEN is not set; see: python -m bdd.recorder --help; RECORDER_PORT is invalid: ",
        ),
    ],
)
def test_a_wrong_variable_is_named_and_ends_the_process_with_2(
    given: dict[str, str], message: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in (NEEDED | given).items():
        monkeypatch.setenv(name, value)
    assert recorder_main.main() == 2
    shown = capsys.readouterr().err
    assert shown.startswith(f"The recorder cannot start: {message}")
    assert "secret" not in shown


def test_a_taken_port_ends_the_process_with_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "journal.jsonl").touch()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for name, value in (NEEDED | {"RECORDER_FOLDER": str(tmp_path), "RECORDER_PORT": port}).items():
            monkeypatch.setenv(name, value)
        assert recorder_main.main() == 2
    assert "The recorder cannot start: [Errno" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["journal-1.jsonl", "journal.jsonl"]


def test_help_names_every_variable(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^0$"):
        recorder_main.main(["--help"])
    shown = capsys.readouterr().out
    assert shown.startswith("usage: python -m bdd.recorder [-h]")
    assert str(recorder_main.__doc__) in shown
    assert [name for name in DEFAULT.to_environment() if name not in shown] == []
    with pytest.raises(SystemExit):
        recorder_main.main(["unknown"])


@pytest.fixture
def surviving_signals() -> Iterator[None]:
    """Uvicorn raises the signal again once it has ended; here that must not end the tests."""
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGTERM to send")
@pytest.mark.usefixtures("surviving_signals")
def test_a_process_serves_what_is_recorded_until_it_is_ended(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    played = create_autospec(TopicsConsumer)
    ready = played.return_value.ready = threading.Event()
    played.return_value.troubles.return_value = {}
    played.return_value.start.side_effect = ready.set
    monkeypatch.setattr(recorder_main, "TopicsConsumer", played)
    caplog.set_level(logging.WARNING)  # `main` sets another, and it is reset at the end
    for name, value in (NEEDED | {"RECORDER_FOLDER": str(tmp_path), "RECORDER_CREATE_TOPICS": "yes"}).items():
        monkeypatch.setenv(name, value)
    for name, text in (("journal-1", "the first"), ("journal-2", "the second"), ("journal", "the third")):
        (tmp_path / f"{name}.jsonl").write_text(text)
    address = tmp_path / "address"
    exit_codes: list[int | None] = []

    def ended() -> str | None:
        return "the process has ended" if exit_codes else None

    def use() -> tuple[RecorderClient, int]:
        try:
            retry_on = (FileNotFoundError,)
            wait_until(address.stat, description="it", timeout=LONG_TIMEOUT, retry_on=retry_on, abort_if=ended)
            client = RecorderClient(address.read_text(), "of-this-run")
            client.start(LONG_TIMEOUT, ended)
            played.call_args.args[2].append([record({})])
            played.call_args.kwargs["on_growth"]()
            client.wait_for_more(0, LONG_TIMEOUT)
            refused = requests.get(f"{client.url}/fence", timeout=LONG_TIMEOUT)
            return client, refused.status_code
        finally:
            signal.raise_signal(signal.SIGTERM)  # while the client's stream is still open

    with ThreadPoolExecutor(1) as thread, monkeypatch.context() as patched:
        patched.setattr(logging.root, "handlers", [])
        patched.setattr(logging.getLogger("uvicorn.access"), "propagate", True)  # which uvicorn may have changed
        used = thread.submit(use)
        try:
            exit_codes.append(recorder_main.main())
        finally:
            exit_codes.append(None)
    client, status = used.result()
    client.close()
    assert (exit_codes[0], client.url.rpartition(":")[0], client.cursor, status) == (0, "http://127.0.0.1", 1, 401)
    assert played.call_args.args[:2] == (DEFAULT.client, contract.current().partitions)
    assert played.call_args.kwargs["create_topics"] is True
    played.return_value.stop.assert_called_once_with()
    left = {path.name: path.read_text() for path in sorted(tmp_path.iterdir())}
    assert list(left) == ["address", "journal-1.jsonl", "journal-2.jsonl", "journal-3.jsonl", "journal.jsonl"]
    assert [left[f"journal-{number}.jsonl"] for number in (1, 2, 3)] == ["the first", "the second", "the third"]
    assert left["journal.jsonl"].count("\n") == 1
    shown = capsys.readouterr()
    assert re.match(r"[-\d]+ [:,\d]+ INFO uvicorn\.error: Started server process \[\d+\]\n", shown.err)
    assert "timeout graceful shutdown exceeded" in shown.err
    assert "GET /fence" not in shown.out + shown.err
    assert "AttributeError" not in shown.err
