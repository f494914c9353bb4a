"""However a run ends, it says why, its exit code tells, and nothing of it stays behind."""

import os
import re
import signal
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest

from bdd.run.process import remote
from bdd.system.paths import ROOT
from bdd.system.waiting import wait_until
from tests.support.running import GUARD_SECONDS, LONG, QUICK, BehaveRun, ModuleRun, run_behave

# An operating system closes a killed process' connections a moment before it tells of its end: when
# the scenario that noticed was the last one, the audit is what tells.
HERE = "The run (ends here|cannot be audited):"

pytestmark = pytest.mark.usefixtures("distribution")  # what is fetched once is not what is waited for here


@pytest.fixture
def long_run(tmp_path: Path) -> BehaveRun:
    run = BehaveRun(tmp_path, LONG, "--no-capture")

    def in_the_middle() -> None:
        assert "20000 times in a row" in run.output, run.output

    wait_until(in_the_middle, description="the long step", timeout=GUARD_SECONDS, abort_if=run.ended)
    run.child("kafka.Kafka")
    return run


@pytest.mark.parametrize(
    ("interrupt", "said"),
    [
        (lambda run: run.child("kafka.Kafka").kill(), f"{HERE} the Kafka broker was ended by SIGKILL"),
        (
            lambda run: run.child("reference.patient_service").kill(),
            f"{HERE} the patient service was ended by SIGKILL",
        ),
        (lambda run: run.child("bdd.recorder").kill(), f"{HERE} the recorder was ended by SIGKILL"),
        (lambda run: run.process.send_signal(signal.SIGINT), r"ABORTED: By user \(KeyboardInterrupt\)"),
        (lambda run: run.process.send_signal(signal.SIGTERM), r"ABORTED: By user \(KeyboardInterrupt\)"),
        pytest.param(
            lambda run: run.process.send_signal(signal.SIGHUP),
            r"ABORTED: By user \(KeyboardInterrupt\)",
            marks=pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGHUP"),
        ),
    ],
    ids=["broker killed", "service killed", "recorder killed", "SIGINT", "SIGTERM", "SIGHUP"],
)
def test_an_interrupted_run_ends_soon_and_leaves_nothing(
    long_run: BehaveRun, interrupt: Callable[[BehaveRun], None], said: str
) -> None:
    interrupt(long_run)
    assert long_run.end() == 1
    assert re.search(said, long_run.output)
    assert re.search("RED: 1 of 2 scenarios failed; [Tt]he run ", long_run.output)
    assert ("ABORTED: By user." in long_run.output) == said.startswith("ABORTED")
    assert not long_run.left_over()
    assert "Traceback" not in long_run.output


def test_a_dead_process_is_named_with_the_last_lines_of_its_log(long_run: BehaveRun) -> None:
    long_run.child("reference.patient_service").kill()
    long_run.end()
    assert "SIGKILL" in long_run.output
    assert "INFO patient." in long_run.output, "the last lines of the service's log"


def test_a_run_that_is_interrupted_while_it_starts_leaves_nothing(tmp_path: Path) -> None:
    run = BehaveRun(tmp_path, QUICK)
    run.await_child("kafka.Kafka").suspend()  # or a quick run would be over before the signal comes
    run.process.send_signal(signal.SIGTERM)
    assert run.end() == 1
    assert not run.left_over()


def test_a_run_whose_reader_goes_away_ends_and_leaves_nothing(tmp_path: Path) -> None:
    read, write = os.pipe()
    run = ModuleRun(tmp_path, "behave", LONG, pipe=write)
    os.close(write)
    run.await_child("kafka.Kafka")
    os.close(read)
    assert run.end() == 1
    assert "Traceback" not in run.output
    assert not run.left_over()


def test_a_run_that_does_not_start_is_an_error_in_junit_and_leaves_no_older_report(tmp_path: Path) -> None:
    junit = ["--junit", "--junit-directory", str(tmp_path)]
    (tmp_path / "TESTS-audit.xml").write_text("of an earlier run")
    run = run_behave(tmp_path, QUICK, *junit, "-D", "deadlin=3")
    assert run.process.wait(0) == 1
    assert "RED: nothing was executed: The setting -D deadlin is unknown." in run.output
    assert "passed" not in run.output
    assert "By user" not in run.output
    (report,) = tmp_path.glob("TESTS-*.xml")
    error = ET.parse(report).getroot().find("testcase/error")  # noqa: S314 - our own file
    assert error is not None
    assert "Did you mean deadline?" in str(error.get("message"))


def test_a_green_run_leaves_nothing_either(tmp_path: Path) -> None:
    run = run_behave(tmp_path, QUICK)
    assert run.process.wait(0) == 0, run.output
    assert run.output.endswith("\nGREEN: 1 scenario passed, and the audit left nothing unexplained\n")
    assert not run.left_over()
    assert not (tmp_path / "evidence").exists()


def test_an_event_that_breaks_the_contract_turns_a_run_of_passed_scenarios_red(tmp_path: Path) -> None:
    own = (ROOT / "contracts" / "asyncapi.yaml").read_text(encoding="utf-8")
    (tmp_path / "own.yaml").write_text(
        own.replace("PatientId: {type: integer, minimum: 1}", "PatientId: {type: string}")
    )
    run = run_behave(tmp_path, QUICK, "-D", f"contract={tmp_path / 'own.yaml'}")
    assert run.process.wait(0) != 0
    assert "1 scenario passed" in run.output
    assert run.output.endswith("\nRED: the audit found 1 thing that no scenario explains\n")
    assert "left an event that violates the contract: patient.created at patient-events/" in run.output
    assert "payload.patient_id is 1, the contract requires type" in run.output
    assert not run.left_over()


def test_two_runs_at_once_do_not_meet(tmp_path: Path) -> None:
    runs = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        runs.append(BehaveRun(tmp_path / name, QUICK))
    assert [run.end() for run in runs] == [0, 0], "\n".join(run.output for run in runs)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["features/", "--tags=@nobody-has-this"], "No scenario has the tag @nobody-has-this"),
        (["features/", "--tags=not @nobody-has-this"], "No scenario has the tag @nobody-has-this"),
        ([QUICK, "--tags=not @quick"], "No scenario matches what was asked for."),
        ([QUICK, "--name", "no such name"], "No scenario matches what was asked for."),
        ([QUICK, "-D", "stak=remote"], "Did you mean stack?"),
        ([QUICK, "-D", "stack=moon"], "'moon'; allowed is: 'embedded', 'compose', 'attached' or 'remote'"),
        ([QUICK, "-D", "contract=nowhere.yaml"], "The contract nowhere.yaml cannot be read"),
        ([QUICK, "-D", "contract=contracts/openapi.yaml"], "is not a document of asyncapi 3"),
        ([QUICK, "-D", "fetch_max_wait_ms=20000"], "must nest"),
    ],
)
def test_a_run_that_would_check_nothing_or_has_a_wrong_setting_is_red_before_anything_starts(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    run = run_behave(tmp_path, *arguments)
    assert run.process.wait(0) != 0
    assert said in run.output
    assert "Traceback" not in run.output
    assert not list(run.temporary.iterdir())


def test_an_empty_folder_is_red(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    run = run_behave(tmp_path, str(tmp_path / "empty"))
    assert run.process.wait(0) == 1
    assert f"No steps directory in {str(tmp_path / 'empty')!r}" in run.output
    assert "Traceback" not in run.output


def test_a_cache_folder_that_cannot_be_used_is_said_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    run = run_behave(tmp_path, QUICK, "-D", f"cache_dir={tmp_path / 'file'}")
    assert run.process.wait(0) != 0
    assert "-D cache_dir=" in run.output
    assert "Traceback" not in run.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-D", "evidence_dir={}/evidence"], "-D evidence_dir=…"),
        (["--junit", "--junit-directory", "{}/junit"], "--junit-directory …"),
    ],
)
def test_a_folder_that_cannot_be_written_is_said_before_anything_starts(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    (tmp_path / "file").write_text("in the way")
    run = run_behave(tmp_path, QUICK, *[argument.format(tmp_path / "file") for argument in arguments])
    assert run.process.wait(0) != 0
    assert "cannot be written: Not a directory" in run.output
    assert said in run.output
    assert "Traceback" not in run.output
    assert not list(run.temporary.iterdir())


def test_the_first_use_without_network_is_said_in_a_sentence(tmp_path: Path, closed_port: int) -> None:
    proxy = f"http://127.0.0.1:{closed_port}"
    nowhere = dict.fromkeys(("https_proxy", "http_proxy", "HTTPS_PROXY", "HTTP_PROXY"), proxy)
    run = run_behave(tmp_path, QUICK, "-D", f"cache_dir={tmp_path / 'cache'}", environment=nowhere)
    assert run.process.wait(0) != 0
    assert "The embedded broker needs the network once, to fetch Apache Kafka: " in run.output
    assert "Traceback" not in run.output
    assert not run.left_over()


def test_a_service_that_cannot_be_reached_is_told_from_a_broker_that_cannot(
    tmp_path: Path, closed_port: int
) -> None:
    nowhere = f"127.0.0.1:{closed_port}"
    run = run_behave(tmp_path, QUICK, *remote(f"http://{nowhere}", nowhere))
    assert run.process.wait(0) != 0
    assert f"The service cannot be reached: GET http://{nowhere}/api/patients" in run.output
    assert "Traceback" not in run.output
