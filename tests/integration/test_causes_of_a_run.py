"""A red run on a real broker tells its cause once, on the console, in JUnit and in its evidence."""

import json
import re
from pathlib import Path

import pytest

from bdd.run.process import remote
from bdd.stacks.embedded.broker import EmbeddedBroker
from tests.support.junit import junit_suites
from tests.support.running import patient_service, run_behave

FAULTY = "tests.support.faulty_service", "patient-service"
CREATED = "features/patient_created.feature"
LONGEST_CONSOLE = 60  # lines


@pytest.mark.parametrize(
    ("defect", "first_id", "title"),
    [
        ("type-unknown", "5000000", "patient.created as “PatientCreated”"),
        ("created-never", "6000000", "no patient.created event comes"),
    ],
)
def test_many_failures_of_one_cause_are_one_cause(
    tmp_path: Path, broker: EmbeddedBroker, defect: str, first_id: str, title: str
) -> None:
    reports = ["--junit", "--junit-directory", str(tmp_path / "junit")]
    with patient_service(tmp_path, broker.bootstrap_servers, *FAULTY, defect, first_id) as url:
        run = run_behave(
            tmp_path, CREATED, *reports, *remote(url, broker.bootstrap_servers, deadline=1.5), exit_code=1
        )
    assert len(run.output.splitlines()) <= LONGEST_CONSOLE
    assert re.search(rf"^{CREATED}  1+$", run.output, re.MULTILINE), (
        "one character for each failure after the first"
    )
    failed = re.search(rf"\nRED: (\d+) of \1 scenarios failed; 1 cause: {title}\n", run.output)
    assert failed
    assert f"\nCauses\n  1. {title} " in run.output

    (causes,) = (tmp_path / "evidence").glob("*/causes.json")
    (cause,) = json.loads(causes.read_text(encoding="utf-8"))
    assert (cause["cause"], cause["scenarios"]) == (title, int(failed[1]))
    folder = causes.parent / "cause-1"
    assert {Path(each["evidence"]).name for each in cause["failed"]} == {
        story.parent.name for story in folder.rglob("story.txt")
    }
    assert "The best example:" in (folder / "cause.txt").read_text(encoding="utf-8")

    suites = junit_suites(tmp_path / "junit")
    cases = [case for suite in suites.values() for case in suite.iter("testcase") if suite.get("name") != "run"]
    assert {each.get("value") for case in cases for each in case.iter("property")} == {f"1: {title}"}
    failures = [each for case in cases for each in case.iter("failure")]
    assert [each.get("message") for each in failures] == [title] * int(failed[1])
    assert all("     but: " in str(each.text) for each in failures)


def test_each_failure_is_told_in_full_where_that_is_asked_for(tmp_path: Path, broker: EmbeddedBroker) -> None:
    with patient_service(tmp_path, broker.bootstrap_servers, *FAULTY, "key-none", "7000000") as url:
        to = remote(url, broker.bootstrap_servers)
        run = run_behave(tmp_path, CREATED, *to, "-D", "causes=each", exit_code=1)
    told = re.findall(r"ASSERT FAILED: cause 1: patient.created without a key\n", run.output)
    assert [f"{len(told)} of {len(told)}"] == re.findall(r"\nRED: (\d+ of \d+) scenarios failed; ", run.output)
