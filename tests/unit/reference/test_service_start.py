"""The reference services' settings, and their message when they cannot start."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from bdd.system.paths import ROOT
from reference.patient_service import __main__ as patient_service
from reference.shared.errors import WrongSettingError
from reference.shared.kafka.producer import producer_settings
from reference.shared.settings import Settings
from reference.therapist_service import __main__ as therapist_service
from tests.support.builders import LONG_TIMEOUT

DEFAULTS = patient_service.DEFAULTS, therapist_service.DEFAULTS
FOR_BOTH = {"KAFKA_BOOTSTRAP_SERVERS": "localhost:9092", "HOST": "127.0.0.1", "LOG_LEVEL": "INFO"}
FOR_EACH = (
    {"DATABASE_URL": "sqlite:///patients.db", "PORT": "8001"},
    {"DATABASE_URL": "sqlite:///therapists.db", "PORT": "8002"},
)
OTHERS = {
    "DATABASE_URL": "postgresql+psycopg://test@localhost/test",
    "KAFKA_BOOTSTRAP_SERVERS": "kafka-1:9092, kafka-2:9092",
    "HOST": "0.0.0.0",  # noqa: S104 - nothing listens there
    "PORT": "18001",
    "LOG_LEVEL": "debug",
}


@pytest.mark.parametrize(("defaults", "own"), list(zip(DEFAULTS, FOR_EACH, strict=True)))
def test_every_setting_has_a_default_and_can_be_set(defaults: Settings, own: dict[str, str]) -> None:
    for environment, values in (({}, FOR_BOTH | own), (OTHERS, OTHERS | {"LOG_LEVEL": "DEBUG"})):
        settings = asdict(defaults.with_environment(environment))
        assert {name.upper(): str(value) for name, value in settings.items()} == values


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://localhost/test"),
        ("DATABASE_URL", "sqlite:///"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", ""),
        ("KAFKA_BOOTSTRAP_SERVERS", ""),
        ("KAFKA_BOOTSTRAP_SERVERS", "localhost"),
        ("KAFKA_BOOTSTRAP_SERVERS", "localhost:9092,"),
        ("KAFKA_BOOTSTRAP_SERVERS", "localhost:kafka"),
        ("HOST", ""),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "²"),
        ("PORT", "http"),
        ("LOG_LEVEL", "LOUD"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str) -> None:
    with pytest.raises(WrongSettingError, match=name):
        patient_service.DEFAULTS.with_environment({name: value})


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield taken.getsockname()[1]


@pytest.mark.parametrize(
    ("name", "value", "exit_code", "message"),
    [
        ("PORT", "http", 2, "PORT needs a port between 1 and 65535, not 'http'."),
        ("DATABASE_URL", "postgresql+psycopg://test:geheim@localhost:x/test", 2, "DATABASE_URL cannot be read"),
        ("PORT", "{taken}", 1, "Cannot listen on 127.0.0.1:{taken}"),
        ("DATABASE_URL", "sqlite:///{folder}/none/patients.db", 1, "The database of DATABASE_URL does not answer"),
    ],
)
def test_a_service_that_cannot_start_ends_with_one_sentence(  # noqa: PLR0917 - pytest passes names
    name: str, value: str, exit_code: int, message: str, taken_port: int, tmp_path: Path
) -> None:
    environment = {"DATABASE_URL": f"sqlite:///{tmp_path}/patients.db"}
    environment[name] = value.format(taken=taken_port, folder=tmp_path)
    ended = subprocess.run(
        [sys.executable, "-m", "reference.patient_service"],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=LONG_TIMEOUT,
        check=False,
    )
    assert ended.returncode == exit_code
    assert ended.stderr.startswith(message.format(taken=taken_port))
    assert ended.stderr.count("\n") == 1
    assert "geheim" not in ended.stderr


def test_the_producers_time_outs_nest() -> None:
    settings = producer_settings("localhost:9092", "probe")
    times = [int(settings[name]) for name in ("connections.max.idle.ms", "socket.timeout.ms", "request.timeout.ms")]

    assert times == sorted(set(times), reverse=True)
