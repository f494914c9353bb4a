"""The project's commands at a platform in Docker: their output, and that they leave it as it was."""

import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from docker.client import DockerClient

from bdd.containers.cleanup import Leftover, find
from bdd.containers.discovery import address_from_here, find_broker, find_platform
from bdd.containers.engine import state_of
from bdd.containers.services import FoundService
from bdd.domain.resources import short_names
from bdd.run.process import remote
from bdd.settings.settings import environment_without_settings, load_settings
from bdd.system.paths import ROOT
from bdd.system.waiting import wait_until
from tests.integration.containers.conftest import Theirs, started
from tests.support.running import GUARD_SECONDS, SLOW_SECONDS, ModuleRun, doctor

SCRIPT = ROOT / "tests" / "integration" / "docker-kafka-test.py"
PATIENT = {"vorname": "Erika", "nachname": "Mustermann-watched"}


def patients_in(engine: DockerClient, project: str) -> FoundService:
    settings = load_settings({"stack": "attached", "project": project}, services=short_names())
    return find_platform(engine, settings).services["patient-service"]


@pytest.fixture
def api_url(theirs: Theirs) -> str:
    return patients_in(theirs.engine, theirs.project).url


@pytest.fixture
def attached(theirs: Theirs) -> list[str]:
    return ["-D", "stack=attached", "-D", f"project={theirs.project}"]


@pytest.fixture(scope="module")
def one_listener(engine: DockerClient) -> Iterator[str]:
    """The project of a platform with kafka:9092 alone, as the platform is today."""
    with started(engine, external=False) as platform:
        yield platform.project


def _again(folder: Path) -> Path:
    """A folder for a second run."""
    (folder / "again").mkdir()
    return folder / "again"


def kafka_tests(project: str) -> str:
    command = [sys.executable, "-m", "pytest", "-rs", "tests/integration/test_kafka_integration.py"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment_without_settings(ACCEPTANCE_PROJECT=project),
        capture_output=True,
        text=True,
        check=False,
        timeout=GUARD_SECONDS,
    )
    return " ".join(done.stdout.split())


def script(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=GUARD_SECONDS)


def test_the_doctor_passes_a_sound_platform_and_leaves_it_as_it_was(
    tmp_path: Path, theirs: Theirs, attached: list[str]
) -> None:
    before = theirs.as_it_is()
    exit_code, checks = doctor(tmp_path, *attached, "--try")
    assert exit_code == 0, checks
    assert "kafka:9092" in checks["listeners"]["sentence"]
    assert "patient.created" in checks["event"]["sentence"]
    assert theirs.as_it_is() == before


def test_the_doctor_finds_the_machine_ready_for_the_compose_stack(tmp_path: Path, theirs: Theirs) -> None:
    exit_code, checks = doctor(tmp_path, "-D", "stack=compose")
    assert exit_code == 0, checks
    assert "apache/kafka:4.3.1" in checks["images"]["sentence"]
    exit_code, checks = doctor(
        _again(tmp_path), "-D", "stack=compose", "-D", f"external_port={theirs.external_port}"
    )
    assert exit_code == 1
    assert "is taken" in checks["port"]["sentence"]


def test_the_doctor_explains_the_single_listener_from_here_and_passes_it_from_inside(
    tmp_path: Path, engine: DockerClient, one_listener: str
) -> None:
    broker = find_broker(engine, project=one_listener).broker
    url = patients_in(engine, one_listener).url
    exit_code, checks = doctor(tmp_path, *remote(url, address_from_here(broker) or ""))
    assert exit_code == 1
    assert [name for name, check in checks.items() if check["state"] == "failed"] == ["listeners"]
    assert "sends its clients on to kafka:9092" in checks["listeners"]["sentence"]
    exit_code, checks = doctor(_again(tmp_path), "-D", "stack=attached", "-D", f"project={one_listener}")
    assert exit_code == 0, checks


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("pause unpause", ("is paused", "docker unpause", "docker unpause")),
        ("stop start", ("ended with exit code {code}", "docker logs --tail 50", "docker start")),
    ],
)
def test_the_doctor_names_a_container_that_does_not_run(
    tmp_path: Path, engine: DockerClient, one_listener: str, how: str, expected: tuple[str, str, str]
) -> None:
    service = patients_in(engine, one_listener).container
    do, undo = how.split()
    getattr(service, do)()
    message = expected[0].format(code=state_of(service)["ExitCode"])
    try:
        exit_code, checks = doctor(tmp_path, "-D", "stack=attached", "-D", f"project={one_listener}")
    finally:
        getattr(service, undo)()
    assert exit_code == 1
    for check, next_command in zip(("containers", "platform"), expected[1:], strict=True):
        assert message in checks[check]["sentence"]
        assert checks[check]["next"] == f"{next_command} {service.name}"


def test_the_doctor_names_a_project_that_is_not_there(tmp_path: Path, engine: DockerClient) -> None:
    exit_code, checks = doctor(tmp_path, "-D", "stack=attached", "-D", "project=nobodys")
    assert exit_code == 1
    assert "nobodys has no container" in checks["containers"]["sentence"]


def test_the_watch_shows_what_is_published_and_removes_only_its_recorder(
    tmp_path: Path, engine: DockerClient, theirs: Theirs, attached: list[str], api_url: str
) -> None:
    before = theirs.as_it_is()
    run = ModuleRun(tmp_path, "bdd", "watch", *attached, "--json")
    run.await_text("Ctrl-C ends")
    assert requests.post(f"{api_url}/api/patients", json=PATIENT, timeout=SLOW_SECONDS).ok
    run.await_text(PATIENT["nachname"])
    run.process.send_signal(signal.SIGINT)
    assert run.end() == 0
    assert theirs.as_it_is() == before


def test_the_printed_command_works_as_pasted(tmp_path: Path, theirs: Theirs, api_url: str) -> None:
    done = script("--project", theirs.project)
    assert done.returncode == 0, done.stderr
    [line] = done.stdout.splitlines()
    assert "-it" not in shlex.split(line), "it was not printed on a terminal"
    output = tmp_path / "output.txt"
    with output.open("wb") as file:
        pasted = subprocess.Popen(["/bin/sh", "-c", f"exec {line}"], stdout=file, stderr=subprocess.STDOUT)

    def shown() -> None:
        """Events from now on only: one that came before the tool was ready is not shown, so another one is made."""
        assert requests.post(f"{api_url}/api/patients", json=PATIENT, timeout=SLOW_SECONDS).ok
        assert PATIENT["nachname"] in output.read_text(encoding="utf-8"), output.read_text(encoding="utf-8")

    try:
        wait_until(
            shown, description="an event", timeout=GUARD_SECONDS, interval=1, abort_if=lambda: _how_it_ended(pasted)
        )
    finally:
        pasted.send_signal(signal.SIGINT)
        pasted.wait(GUARD_SECONDS)
    assert "Partition:" in output.read_text(encoding="utf-8")


@pytest.mark.parametrize("end", ["nobody reads", "SIGTERM", "SIGINT"])
def test_the_container_of_the_script_carries_its_label_and_goes_however_the_script_ends(
    theirs: Theirs, end: str
) -> None:
    """Without an event: no writing tells the script that nobody reads any more."""
    command = [sys.executable, str(SCRIPT), "--project", theirs.project, "--run"]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def mine() -> list[Leftover]:
        return [made for made in find(theirs.engine) if f"/{run.pid}@" in made.owner]

    def runs() -> None:
        assert [each.status for made in mine() for each in made.containers] == ["running"]

    try:
        wait_until(
            runs, description="the tool's container", timeout=GUARD_SECONDS, abort_if=lambda: _how_it_ended(run)
        )
        broker = find_broker(theirs.engine, network=f"{theirs.project}_default").broker
        assert broker.name == theirs.compose.container("kafka").name, "the tool's image is Kafka's, but no broker"
        if end != "nobody reads":
            run.send_signal(signal.Signals[end])
        elif run.stdout:
            run.stdout.close()
            run.stdout = None
        assert run.wait(GUARD_SECONDS) == 0
    finally:
        run.kill()
        run.communicate()
        left = mine()
        for made in left:
            made.remove()
    assert left == []


@pytest.mark.parametrize(
    ("project", "exit_code", "message"),
    [
        ("", 2, "--project has no name behind it. Those of the projects that run: docker compose ls\n"),
        ("nobodys", 1, "No container of the Docker Compose project nobodys runs"),
    ],
)
def test_the_script_refuses_a_name_of_no_project(project: str, exit_code: int, message: str) -> None:
    done = script("--project", project)
    assert done.returncode == exit_code
    assert done.stderr.startswith(message)
    assert "Traceback" not in done.stderr


def test_a_project_that_was_named_and_is_not_there_is_a_failure(engine: DockerClient) -> None:
    output = kafka_tests("nobodys")
    assert "2 errors" in output
    assert "ACCEPTANCE_PROJECT=nobodys: No container of the Docker Compose project nobodys runs" in output


def test_from_this_machine_it_works_over_the_external_listener(theirs: Theirs) -> None:
    assert "2 passed" in kafka_tests(theirs.project)


def test_with_one_listener_it_is_left_out_with_the_diagnosis(one_listener: str) -> None:
    output = kafka_tests(one_listener)
    assert "2 skipped" in output
    assert "sends its clients on to kafka:9092" in output


def _how_it_ended(process: subprocess.Popen[bytes]) -> str | None:
    return None if process.poll() is None else f"it has ended with exit code {process.returncode}"
