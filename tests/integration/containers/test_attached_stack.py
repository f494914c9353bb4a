"""The attached stack: a platform that runs in Docker is found, tested, and left as it was."""

from pathlib import Path

import pytest
from docker.client import DockerClient

from tests.integration.containers.conftest import Theirs
from tests.support.running import QUICK, run_behave


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
