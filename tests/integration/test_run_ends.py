"""However a run ends, its message and its exit code show why, and nothing of it is left over."""

import os
import re
import signal
from pathlib import Path

import psutil
import pytest

from bdd.system.paths import ROOT
from bdd.system.waiting import wait_until
from tests.support.junit import junit_suites
from tests.support.running import (
    FEATURES,
    GUARD_SECONDS,
    LONG,
    QUICK,
    QUICK_TITLE,
    BehaveRun,
    ModuleRun,
    run_behave,
)

# An operating system closes a killed process's connections a moment before it reports its end: if the
# scenario that noticed was the last one, the audit reports it.
HERE = "The run (ends here|cannot be audited):"

NOT_EXECUTED = str(FEATURES / "not_executed.feature")

pytestmark = pytest.mark.usefixtures("distribution")  # so that no run waits for the download


@pytest.fixture
def long_run(tmp_path: Path) -> BehaveRun:
    run = BehaveRun(tmp_path, LONG, "-f", "pretty", "--no-capture")

    def in_the_middle() -> None:
        assert "20000 times in a row" in run.output, run.output

    wait_until(in_the_middle, description="the long step", timeout=GUARD_SECONDS, abort_if=run.ended)
    run.child("kafka.Kafka")
    return run


@pytest.mark.parametrize(
    ("child", "message"),
    [
        ("kafka.Kafka", f"{HERE} the Kafka broker was ended by SIGKILL"),
        ("reference.patient_service", f"(?s){HERE} the patient-service was ended by SIGKILL.* INFO patient\\."),
        ("bdd.recorder", f"{HERE} the recorder was ended by SIGKILL"),
    ],
)
def test_a_run_whose_process_dies_ends_with_its_log_and_leaves_nothing(
    long_run: BehaveRun, child: str, message: str
) -> None:
    long_run.child(child).kill()
    assert_ended(long_run, message)
    assert "ABORTED: By user" not in long_run.output


@pytest.mark.parametrize(
    ("child", "message"),
    [
        ("kafka.Kafka", r"the broker at 127\.0\.0\.1:\d+ has answered nothing for \d+ s"),
        (
            "reference.patient_service",
            r"the patient-service at \S+ hangs: it has answered none of 2 requests in a row",
        ),
        ("bdd.recorder", r"the recorder at \S+ cannot be followed: nothing came in time"),
    ],
)
def test_a_run_whose_process_hangs_ends_and_names_it(tmp_path: Path, child: str, message: str) -> None:
    now = {"BDD_DEADLINE_FACTOR": "1"}  # it waits for what never comes
    run = BehaveRun(tmp_path, "features/patient_created.feature", environment=now)
    run.await_child(child)
    run.await_text("Platform: ")
    run.child(child).suspend()
    assert run.end() == 1
    assert re.search(f"The run ends here: {message}", run.output), run.output
    assert not run.left_over()


@pytest.mark.skipif(not hasattr(psutil, "RLIMIT_FSIZE"), reason="Linux alone limits the files of another process")
def test_a_run_whose_recorder_cannot_write_ends_at_once_and_says_so(tmp_path: Path) -> None:
    run = BehaveRun(tmp_path, LONG, environment={"BDD_DEADLINE_FACTOR": "1"})
    run.await_text("Platform: ")
    run.child("bdd.recorder").rlimit(psutil.RLIMIT_FSIZE, (0, 0))
    assert run.end() == 1
    why = r"the recorder cannot write \S+journal.jsonl: File too large"
    assert re.search(rf"RED: .* [Tt]he run (ended early|cannot be audited): {why}", run.output)
    assert "next: make room there" in re.sub("next: +", "next: ", run.output)
    assert not run.left_over()


def test_what_a_run_needs_while_it_lasts_is_where_a_setting_says(tmp_path: Path) -> None:
    run = BehaveRun(tmp_path, LONG, "-D", f"run_dir={tmp_path / 'large'}")
    run.await_text("Platform: ")
    assert list((tmp_path / "large").glob("acceptance-*/journal.jsonl"))
    run.process.send_signal(signal.SIGTERM)
    assert run.end() == 1
    assert not run.left_over()
    assert list((tmp_path / "large").iterdir()) == []


def test_what_an_interrupted_run_has_not_executed_is_skipped_in_junit(tmp_path: Path) -> None:
    run = BehaveRun(tmp_path / "run", LONG, QUICK, "--junit", "--junit-directory", str(tmp_path / "junit"))
    run.await_child("kafka.Kafka")
    run.await_text("long.feature")  # its first scenario has ended
    run.process.send_signal(signal.SIGTERM)
    assert run.end() == 1
    suites = junit_suites(tmp_path / "junit")
    assert [
        each.get("name") for each in suites.pop("A run that is long enough to be interrupted").iter("testcase")
    ] == [
        "The run is under way",
        "Many changes",
    ]
    (skipped,) = suites.pop(QUICK_TITLE).iter("skipped")
    assert skipped.get("message") == "the run was interrupted"
    (error,) = suites.pop("run").iter("error")
    assert error.get("message") == "the run was interrupted"
    assert not suites


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_an_interrupted_run_ends_and_leaves_nothing(long_run: BehaveRun, name: str) -> None:
    if not hasattr(signal, name):
        pytest.skip(f"Windows has no {name}")
    long_run.process.send_signal(getattr(signal, name))
    assert_ended(long_run, r"ABORTED: By user \(KeyboardInterrupt\)")
    assert "ABORTED: By user." in long_run.output


def assert_ended(run: BehaveRun, message: str) -> None:
    assert run.end() == 1
    assert re.search(message, run.output)
    assert re.search("RED: 1 of 2 scenarios failed; [Tt]he run ", run.output)
    assert not run.left_over()


def test_a_run_that_is_interrupted_while_it_starts_leaves_nothing(tmp_path: Path) -> None:
    run = BehaveRun(tmp_path, QUICK)
    run.await_child("kafka.Kafka").suspend()  # or a quick run would be over before the signal comes
    run.process.send_signal(signal.SIGTERM)
    assert run.end() == 1
    assert not run.left_over()


def test_a_run_whose_output_is_closed_ends_and_leaves_nothing(tmp_path: Path) -> None:
    read, write = os.pipe()
    run = ModuleRun(tmp_path, "behave", LONG, pipe=write)
    os.close(write)
    run.await_child("kafka.Kafka")
    os.close(read)
    assert run.end() == 1
    assert not run.left_over()


def test_a_run_that_does_not_start_is_an_error_in_junit_and_leaves_no_older_report(tmp_path: Path) -> None:
    junit = ["--junit", "--junit-directory", str(tmp_path / "junit")]
    # A run with other settings would not replace the files.
    again = {f"BDD_{name}_DIR": str(tmp_path / name.lower()) for name in ("EVIDENCE", "RESULTS")}
    for folder in ("first", "second"):
        run = run_behave(tmp_path / folder, QUICK, *junit, "-D", "deadlin=3", environment=again, exit_code=1)
    assert "RED: nothing was executed: The setting -D deadlin is unknown." in run.output
    assert "passed" not in run.output
    assert "By user" not in run.output
    (error,) = junit_suites(tmp_path / "junit")["run"].iter("error")
    assert "Did you mean deadline?" in str(error.get("message"))
    (skipped,) = junit_suites(tmp_path / "junit")[QUICK_TITLE].iter("skipped")
    assert "nothing was executed: The setting -D deadlin is unknown." in str(skipped.get("message"))


def test_an_event_that_breaks_the_contract_turns_a_run_of_passed_scenarios_red(tmp_path: Path) -> None:
    own = (ROOT / "contracts" / "asyncapi.yaml").read_text(encoding="utf-8")
    (tmp_path / "own.yaml").write_text(
        own.replace("PatientId: {type: integer, minimum: 1}", "PatientId: {type: string}")
    )
    run = run_behave(tmp_path, QUICK, "-D", f"contract={tmp_path / 'own.yaml'}", exit_code=1)
    assert "\nRED: the audit found 1 thing that no scenario explains; 1 cause: " in run.output
    assert run.output.endswith("; 1 cause: patient.created with patient_id against the contract\n")
    assert "left an event that violates the contract: patient.created at patient-events/" in run.output
    assert "payload.patient_id is 1, the contract requires type" in run.output
    assert not run.left_over()


def test_what_other_programs_read_does_not_keep_a_platform_from_starting(tmp_path: Path) -> None:
    java = dict.fromkeys(("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"), "-XX:NoSuchOption=1")
    python = {"PYTHONSAFEPATH": "1", "PYTHONIOENCODING": "latin-1", "LC_ALL": "C"}
    names = "LOG_LEVEL HOST PORT DATABASE_URL UVICORN_PORT RECORDER_PORT CLASSPATH KAFKA_BOOTSTRAP_SERVERS"
    others = dict.fromkeys(names.split(), "of another program")
    run = BehaveRun(tmp_path, QUICK, environment={**java, **python, **others})
    assert run.end() == 0, run.output
    assert run.output.endswith("\nGREEN: 1 scenario passed, and the audit left nothing unexplained\n")


def test_two_green_runs_at_once_do_not_meet_and_leave_nothing(tmp_path: Path) -> None:
    for run in [BehaveRun(tmp_path / name, QUICK) for name in ("one", "two")]:
        assert run.end() == 0, run.output
        assert run.output.endswith("\nGREEN: 1 scenario passed, and the audit left nothing unexplained\n")
        assert not run.left_over()
    assert not list(tmp_path.rglob("evidence"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["features/", "--tags=@nobody-has-this"], "No scenario has the tag @nobody-has-this"),
        ([QUICK, "--name", "no such name"], "No scenario matches"),
        ([QUICK, "-D", "fetch_max_wait_ms=20000"], "must nest"),
        ([QUICK, NOT_EXECUTED], f"{NOT_EXECUTED}:4: “Wenn I create a patient” is not a step."),
        ([QUICK, NOT_EXECUTED], f"{NOT_EXECUTED}:11: the examples “none” have no rows.\n"),
    ],
)
def test_a_run_that_would_check_nothing_or_has_a_wrong_setting_is_red_before_anything_starts(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    run = run_behave(tmp_path, *arguments, exit_code=1)
    assert message in run.output
    assert not list(run.temporary.iterdir())


def test_an_empty_folder_is_red(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    run = run_behave(tmp_path, str(tmp_path / "empty"), exit_code=1)
    assert f"No steps directory in {str(tmp_path / 'empty')!r}" in run.output


def test_the_first_use_without_network_is_explained(tmp_path: Path, closed_port: int) -> None:
    proxy = f"http://127.0.0.1:{closed_port}"
    nowhere = dict.fromkeys(("https_proxy", "http_proxy", "HTTPS_PROXY", "HTTP_PROXY"), proxy)
    run = run_behave(tmp_path, QUICK, "-D", f"cache_dir={tmp_path / 'cache'}", environment=nowhere, exit_code=1)
    assert "The embedded broker needs the network once, to fetch Apache Kafka: " in run.output
    assert not run.left_over()
