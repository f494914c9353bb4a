"""The attached stack: a platform that runs in Docker is found, tested, and left as it was."""

from pathlib import Path

import pytest
from docker.client import DockerClient
from docker.models.containers import Container

from bdd.containers.engine import state_of
from bdd.system.waiting import wait_until
from tests.integration.containers.conftest import Theirs
from tests.support.running import QUICK, SLOW_SECONDS, run_behave


@pytest.mark.parametrize("by", ["project", "network"])
def test_all_features_pass_and_only_the_recorder_comes_and_goes(
    tmp_path: Path, engine: DockerClient, theirs: Theirs, by: str
) -> None:
    before = theirs.as_it_is()
    name = theirs.project if by == "project" else f"{theirs.project}_default"
    run = run_behave(tmp_path, "features/", "-D", "stack=attached", "-D", f"{by}={name}")
    assert " 0 failed" in run.output
    assert theirs.as_it_is() == before


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("project=nobodys", "No container of the Docker Compose project nobodys runs; projects that run: "),
        ("network=nobodys", "There is no Docker network nobodys; there are: "),
        ("network=bridge", "No container runs on the Docker network bridge"),
    ],
)
def test_a_platform_that_is_not_there_is_said_with_what_is(
    tmp_path: Path, engine: DockerClient, theirs: Theirs, where: str, said: str
) -> None:
    run = run_behave(tmp_path, QUICK, "-D", "stack=attached", "-D", where, exit_code=1)
    assert said in run.output


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("stop", "ended with exit code {code}\n    next: docker start {name}\n    its last log lines:\n"),
        ("pause", "is paused\n    next: docker unpause {name}\n"),
    ],
)
def test_a_part_of_the_platform_that_does_not_run_is_named_with_the_next_step(
    tmp_path: Path, theirs: Theirs, how: str, message: str
) -> None:
    service = theirs.compose.container("patient-service")
    getattr(service, how)()
    code = state_of(service)["ExitCode"]
    try:
        run = run_behave(tmp_path, QUICK, "-D", "stack=attached", "-D", f"project={theirs.project}", exit_code=1)
    finally:
        service.unpause() if how == "pause" else service.start()
        wait_until(lambda: _assert_healthy(service), description="the service again", timeout=SLOW_SECONDS)
    expected = message.format(code=code, name=service.name)
    assert f"the container of patient-service ({service.name}) {expected}" in run.output


def _assert_healthy(container: Container) -> None:
    """Its check fails while it is paused."""
    assert state_of(container)["Health"]["Status"] == "healthy"
