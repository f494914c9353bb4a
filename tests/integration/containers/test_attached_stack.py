"""The attached stack: a platform that runs in Docker is found, tested, and left as it was."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from docker.client import DockerClient

from tests.integration.containers.conftest import Theirs, started
from tests.support.running import LONG, QUICK, BehaveRun, run_behave


@pytest.mark.parametrize(("setting", "features"), [("project={}", "features/"), ("network={}_default", QUICK)])
def test_features_pass_and_only_the_recorder_comes_and_goes(
    tmp_path: Path, engine: DockerClient, theirs: Theirs, setting: str, features: str
) -> None:
    before = theirs.as_it_is()
    run = run_behave(tmp_path, features, "-D", "stack=attached", "-D", setting.format(theirs.project))
    assert "\nGREEN: " in run.output
    assert theirs.as_it_is() == before


@pytest.mark.parametrize("service", ["kafka", "patient-service"])
def test_a_container_that_is_paused_in_the_middle_ends_the_run(
    tmp_path: Path, engine: DockerClient, theirs: Theirs, service: str
) -> None:
    run = BehaveRun(
        tmp_path, LONG, "-f", "pretty", "--no-capture", "-D", "stack=attached", "-D", f"project={theirs.project}"
    )
    run.await_text("20000 times in a row")
    container = theirs.compose.container(service)
    container.pause()
    try:
        assert run.end() == 1
    finally:
        container.unpause()
    ends = f"The run ends here: the container of {service} ({container.name}) is paused"
    assert f"{ends}\n    next: docker unpause {container.name}\n" in run.output


def test_commands_pause_the_database_and_without_them_these_scenarios_are_left_out(
    tmp_path: Path, engine: DockerClient, theirs: Theirs
) -> None:
    before, postgres = theirs.as_it_is(), theirs.compose.container("postgres").name
    to = ["features/patient_outage.feature", "-D", "stack=attached", "-D", f"project={theirs.project}"]
    commands = ["-D", f"database_away=docker pause {postgres}", "-D", f"database_back=docker unpause {postgres}"]
    run = run_behave(tmp_path / "with", *to, *commands)
    assert "\nGREEN: 6 scenarios passed" in run.output
    run = run_behave(tmp_path / "without", *to, exit_code=1)
    assert "Nothing remains: the run cannot take the platform's database away: database_away and" in run.output
    assert theirs.as_it_is() == before


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("project=nobodys", "No container of the Docker Compose project nobodys runs; projects that run: "),
        ("network=nobodys", "There is no Docker network nobodys; there are: "),
        ("network=bridge", "No container runs on the Docker network bridge"),
    ],
)
def test_a_platform_that_is_not_there_is_reported_with_those_that_are(
    tmp_path: Path, engine: DockerClient, theirs: Theirs, where: str, message: str
) -> None:
    run = run_behave(tmp_path, QUICK, "-D", "stack=attached", "-D", where, exit_code=1)
    assert message in run.output


@pytest.fixture(scope="module")
def without_therapists(engine: DockerClient) -> Iterator[list[str]]:
    """What chooses a platform that has no therapist service."""
    with started(engine, external=False, without=["therapist-service"]) as platform:
        yield ["-D", "stack=attached", "-D", f"project={platform.project}"]


def test_the_scenarios_of_a_service_that_is_not_there_are_left_out_and_asked_for_by_tag_they_are_red(
    tmp_path: Path, without_therapists: list[str]
) -> None:
    run = run_behave(
        tmp_path, "features/patient_deleted.feature", "features/therapist_deleted.feature", *without_therapists
    )
    verdict = run.output.splitlines()[-1]
    assert verdict.startswith("GREEN: 6 scenarios passed")
    assert "6 scenarios were left out: the platform has no therapist-service, because none of its " in verdict
    (tmp_path / "again").mkdir()
    run = run_behave(tmp_path / "again", "features/", "--tags=@therapist-service", *without_therapists, exit_code=1)
    assert "-D therapist_service=NAME" in run.output
    assert "RED: nothing was executed" in run.output
