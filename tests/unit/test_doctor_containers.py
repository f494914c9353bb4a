"""The doctor's checks of containers and of Docker Compose."""

from pathlib import Path
from typing import Any

import pytest

from bdd.containers import compose
from bdd.containers.images import needed_images
from bdd.containers.inspection import condition
from bdd.stacks.checks.check import Failed
from bdd.stacks.checks.engine import check_compose, check_conditions
from tests.support.builders import LONG_TIMEOUT


class FakeContainer:
    def __init__(self, service: str, health: str | None = None, **state: object) -> None:
        self.name = f"theirs-{service}-1"
        self.labels = {"com.docker.compose.service": service}
        described = {"Status": "running", "ExitCode": 0, "OOMKilled": False, **state}
        if health:
            described["Health"] = {"Status": health, "Log": [{"Output": "no answer\n"}]}
        self.attrs = {
            "State": described,
            "Config": {"Healthcheck": {} if health else None},
            "HostConfig": {"Memory": 64 * 2**20},
        }

    def reload(self) -> None:
        """It is as it was made."""


@pytest.mark.parametrize(
    ("container", "message"),
    [
        (FakeContainer("kafka", Status="exited", ExitCode=1), "ended with exit code 1"),
        (FakeContainer("kafka", Status="exited", ExitCode=137, OOMKilled=True), "its limit is 64 MB"),
        (FakeContainer("kafka", "healthy", Status="exited"), "ended with exit code 0"),
        (FakeContainer("kafka", "unhealthy"), "unhealthy: the output of its check is 'no answer'"),
        (FakeContainer("kafka", "starting"), "still starting"),
        (FakeContainer("kafka", Status="paused"), "is paused"),
        (FakeContainer("kafka", Status="restarting", ExitCode=3), "restarting (exit code 3)"),
        (FakeContainer("kafka", Status="created"), "not running, but created"),
    ],
)
def test_a_container_that_is_not_well_is_named(container: Any, message: str) -> None:
    sound: Any = FakeContainer("postgres", "healthy")
    with pytest.raises(Failed) as error:
        check_conditions(map(condition, [sound, container]))
    assert message in str(error.value)
    assert "theirs-kafka-1" in error.value.next_command


def test_sound_containers_and_jobs_that_are_done_pass() -> None:
    sound: list[Any] = [FakeContainer("kafka", "healthy"), FakeContainer("seed", Status="exited")]
    sentence = check_conditions(map(condition, sound))
    assert sentence == "kafka is healthy, seed has done its work"


@pytest.mark.parametrize(
    ("version", "passed"), [("2.40.3", True), ("2.30.0", True), ("2.9.0", False), ("1.29", False)]
)
def test_a_compose_that_is_too_old_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, passed: bool
) -> None:
    docker = tmp_path / "docker"
    docker.write_text(f"#!/bin/sh\necho {version}\n")
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(compose, "_VERSION_SECONDS", LONG_TIMEOUT)
    if passed:
        assert check_compose() == f"Docker Compose {version}"
    else:
        with pytest.raises(Failed, match=rf"^Compose {version} is too old: 2\.30 is needed$"):
            check_compose()


def test_the_images_that_must_be_there_are_those_of_others_and_a_given_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATIENT_SERVICE_IMAGE", "theirs:1")
    needed = set(needed_images())
    assert needed == {"theirs:1", "postgres:15-bookworm", "apache/kafka:4.3.1", "python:3.11-slim-bookworm"}
