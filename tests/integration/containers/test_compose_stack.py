"""The compose stack: both variants pass, nothing is ever left, and an error is a sentence."""

import io
import re
import secrets
import signal
import socket
import subprocess
import threading
from pathlib import Path
from typing import Any, cast

import pytest
from docker.client import DockerClient
from docker.models.containers import Container
from typer.testing import CliRunner, Result

from bdd.commands.cli import app
from bdd.containers.cleanup import find, owner_of_this_run, remove_image, remove_run
from bdd.containers.images import image_names
from bdd.settings.settings import environment_without_settings
from bdd.system.paths import ROOT
from tests.integration.containers.conftest import Theirs, made_by
from tests.support.junit import junit_suites
from tests.support.running import DEADLINE_FACTOR, GUARD_SECONDS, LONG, QUICK, BehaveRun, run_behave

COMPOSE = ("-D", "stack=compose")
MOST_BYTES = 100_000_000


def test_all_features_pass_with_one_listener_and_leave_another_platform_as_it_was(
    tmp_path: Path, engine: DockerClient, theirs: Theirs
) -> None:
    before = theirs.as_it_is()
    images = [engine.images.get(image).id for image in image_names().values()]
    run = run_behave(tmp_path, "features/", *COMPOSE)
    assert "\nGREEN: " in run.output
    assert images == [engine.images.get(image).id for image in image_names().values()], "nothing has changed"
    assert "kafka             healthy" in run.output, "progress by service"
    assert theirs.as_it_is() == before


def test_two_runs_at_once_with_two_listeners_do_not_meet(tmp_path: Path, engine: DockerClient) -> None:
    runs = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        runs.append(BehaveRun(tmp_path / name, "features/", *COMPOSE, "-D", "external_port=0"))
    assert [run.end() for run in runs] == [0, 0], "\n".join(run.output for run in runs)


def test_the_suite_runs_inside_the_network_and_leaves_its_reports_on_the_host(
    tmp_path: Path, engine: DockerClient
) -> None:
    reports = tmp_path / "reports"
    name = f"inside-{secrets.token_hex(4)}"
    variables = {
        "ACCEPTANCE_RUN": name,
        "ACCEPTANCE_OWNER": owner_of_this_run(),
        "REPORTS_FOLDER": str(reports),
        # By another project's name the same files make other images: they must take no name.
        "ACCEPTANCE_SUITE_IMAGE": f"psychotherapy-acceptance/suite:{name}",
        "ACCEPTANCE_PATIENT_SERVICE_IMAGE": f"psychotherapy-acceptance/patient-service:{name}",
        "ACCEPTANCE_THERAPIST_SERVICE_IMAGE": f"psychotherapy-acceptance/therapist-service:{name}",
        "SUITE_ARGS": f"-Ddeadline_factor={DEADLINE_FACTOR}",
    }
    compose = f"docker compose -p {name} -f docker-compose.bdd.yml up --build --exit-code-from suite"
    try:
        done = subprocess.run(
            compose.split(),
            cwd=ROOT,
            env=environment_without_settings(**variables),
            capture_output=True,
            text=True,
            check=False,
            timeout=2 * GUARD_SECONDS,  # it builds, starts and runs
        )
    finally:
        remove_run(engine, name)
        for image in filter(lambda variable: variable.endswith("_IMAGE"), variables):
            remove_image(engine, variables[image])
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "| GREEN: " in done.stdout, "each line begins with the service's name"
    assert junit_suites(reports / "junit")["audit"].get("failures") == "0"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_run_that_is_interrupted_while_it_starts_leaves_nothing(
    tmp_path: Path, engine: DockerClient, number: int
) -> None:
    run = BehaveRun(tmp_path, QUICK, *COMPOSE)
    run.await_text("postgres          healthy")
    run.process.send_signal(number)
    assert run.end() != 0


def under_way(tmp_path: Path, engine: DockerClient, service: str) -> tuple[BehaveRun, Container]:
    """Return a run whose scenarios have begun, and the container of a service of its platform."""
    run = BehaveRun(tmp_path, LONG, *COMPOSE, "-f", "pretty", "--no-capture")
    run.await_text("exactly one patient.created event is published")
    (made,) = made_by(run, engine)
    return run, next(container for container in made.containers if f"-{service}-" in str(container.name))


def test_a_container_that_dies_ends_the_waiting_and_is_named_with_its_log(
    tmp_path: Path, engine: DockerClient
) -> None:
    run, kafka = under_way(tmp_path, engine, "kafka")
    kafka.kill()
    assert run.end() != 0
    assert "the container of kafka" in run.output
    assert "ended with exit code 137" in run.output
    assert "its last log lines:" in run.output
    evidence = next((tmp_path / "evidence").rglob("containers.txt")).parent
    assert {file.name for file in (evidence / "logs").iterdir()} == {
        f"{service}.log" for service in ("postgres", "kafka", "patient-service", "therapist-service", "recorder")
    }
    assert "kafka (" in (evidence / "containers.txt").read_text()
    assert "exit code 137" in (evidence / "containers.txt").read_text()


@pytest.mark.parametrize("service", ["kafka", "patient-service", "recorder"])
def test_a_container_that_stays_paused_ends_the_run_and_is_named_with_the_next_step(
    tmp_path: Path, engine: DockerClient, service: str
) -> None:
    run, container = under_way(tmp_path, engine, service)
    container.pause()
    assert run.end() != 0
    ends = f"The run ends here: the container of {service} ({container.name}) is paused"
    assert f"{ends}\n    next: docker unpause {container.name}\n" in run.output
    verdict = run.printed.splitlines()[-1]
    assert re.match(
        # It may be paused during the first scenario or the second one.
        rf"RED: (1 of 1 scenario|[12] of 2 scenarios) failed; the run ended early: .*{container.name}\) is paused$",
        verdict,
    )


def test_a_short_pause_harms_no_run(tmp_path: Path, engine: DockerClient) -> None:
    run = BehaveRun(tmp_path, "features/patient_created.feature", *COMPOSE, "--no-capture")
    run.await_text("Platform: ")
    (made,) = made_by(run, engine)
    kafka = next(container for container in made.containers if "-kafka-" in str(container.name))
    kafka.pause()
    threading.Event().wait(2)
    kafka.unpause()
    assert run.end() == 0, run.output


def test_what_a_killed_run_leaves_is_found_and_removed_by_its_label_and_nothing_else_is(
    tmp_path: Path, engine: DockerClient, theirs: Theirs, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = theirs.as_it_is()
    run = BehaveRun(tmp_path, LONG, *COMPOSE, "-f", "pretty", "--no-capture")
    run.await_text("exactly one patient.created event is published")
    (made,) = made_by(run, engine)
    show_only(monkeypatch, made.run, theirs.run)
    listed = stack_command("list").output
    assert re.search(rf"^{made.run} \(in use by .*/{run.process.pid}\): ", listed, re.MULTILINE)
    assert stack_command("prune").output == "There is nothing to remove.\n", "a run that goes on is not touched"
    assert made_by(run, engine)
    run.process.kill()
    run.end()
    assert made_by(run, engine), "nobody could clean up"
    pruned = stack_command("prune")
    assert pruned.exit_code == 0
    assert f"removed of run {made.run}: " in pruned.output
    assert theirs.as_it_is() == before


def test_a_platform_can_be_kept_and_is_removed_by_the_printed_command(
    tmp_path: Path, engine: DockerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_behave(tmp_path, QUICK, *COMPOSE, "-D", "keep=yes")
    assert "docker compose -p acceptance-" in run.output
    command = next(line for line in run.output.splitlines() if "remove:" in line).partition("remove:")[2].split()
    run_id = command[command.index("-p") + 1].removeprefix("acceptance-")
    try:
        show_only(monkeypatch, run_id)
        assert stack_command("prune").output == "There is nothing to remove.\n", "it was to be kept"
        assert find(engine, run_id)
        subprocess.run(command, check=True, capture_output=True, timeout=GUARD_SECONDS)
        assert find(engine, run_id) == []
    finally:
        remove_run(engine, run_id)


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"DOCKER_HOST": "unix:///nowhere.sock"}, "The container engine does not answer"),
        (
            {"PATIENT_SERVICE_IMAGE": "nowhere.invalid/none:1"},
            "The image nowhere.invalid/none:1 (PATIENT_SERVICE_IMAGE) is not here and cannot be fetched.\n"
            "    next: docker pull nowhere.invalid/none:1",
        ),
    ],
    ids=["no engine", "no image"],
)
def test_what_goes_wrong_at_the_start_is_a_sentence(
    tmp_path: Path, engine: DockerClient, environment: dict[str, str], message: str
) -> None:
    run = run_behave(tmp_path, QUICK, *COMPOSE, environment=environment, exit_code=1)
    assert message in run.output


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ('["sleep", "600"]', "is unhealthy: the output of its check is .*Connection refused"),
        ('["true"]', "ended with exit code 0"),
    ],
    ids=["never healthy", "ends at once"],
)
def test_a_service_that_does_not_come_up_is_named_and_leaves_the_logs_of_all(
    tmp_path: Path, engine: DockerClient, command: str, message: str
) -> None:
    dockerfile = io.BytesIO(f"FROM python:3.11-slim-bookworm\nCMD {command}\n".encode())
    image, _ = engine.images.build(fileobj=dockerfile, tag=f"synthetic-{secrets.token_hex(4)}", rm=True)
    given = {"PATIENT_SERVICE_IMAGE": image.tags[0]}
    try:
        run = run_behave(tmp_path, QUICK, *COMPOSE, environment=given, exit_code=1)
    finally:
        engine.images.remove(image.tags[0], force=True)
    assert re.search(rf"the container of patient-service \(acceptance-.*\) {message}", run.output)
    evidence = next((tmp_path / "evidence").glob("*/start"))
    assert f"evidence: {evidence}" in run.output
    assert "ready to accept connections" in (evidence / "logs" / "postgres.log").read_text()
    assert "patient-service" in (evidence / "containers.txt").read_text()


def test_a_port_that_is_taken_is_named(tmp_path: Path, engine: DockerClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = run_behave(tmp_path, QUICK, *COMPOSE, "-D", f"external_port={port}", exit_code=1)
    assert "A port is taken" in run.output
    assert f"{port}" in run.output


def test_the_recorder_needs_little_memory(theirs: Theirs) -> None:
    stats = cast("dict[str, Any]", theirs.compose.container("recorder").stats(stream=False))["memory_stats"]
    # As `docker stats` counts it, by either version of control groups: files that the kernel would drop are no use.
    cached = stats["stats"].get("total_inactive_file", stats["stats"].get("inactive_file", 0))
    assert stats["usage"] - cached < MOST_BYTES


def show_only(monkeypatch: pytest.MonkeyPatch, *run_ids: str) -> None:
    """Let the stack commands see these runs alone: what else is in the engine is no test's to remove."""
    monkeypatch.setattr("bdd.commands.prune.untagged_images", lambda _engine: [])
    monkeypatch.setattr(
        "bdd.commands.prune.find", lambda engine: [made for run_id in run_ids for made in find(engine, run_id)]
    )


def stack_command(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["stack", *arguments])
