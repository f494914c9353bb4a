"""The audit as a run prints it: late events with the step that promised otherwise, foreign records in a file."""

import re
from pathlib import Path

from bdd.kafka.record import Record, from_line
from bdd.run.process import remote
from bdd.stacks.embedded.broker import EmbeddedBroker
from soak.traffic import poison
from tests.support.faulty_service import LATE_SETTLING
from tests.support.junit import junit_suites
from tests.support.running import QUICK, patient_service, run_behave

FAULTY = "tests.support.faulty_service", "patient-service"


def test_an_event_that_comes_late_is_named_with_the_scenario_and_the_step(
    tmp_path: Path, broker: EmbeddedBroker
) -> None:
    late = "refused-announced-1500-ms-later"
    reports = ["--junit", "--junit-directory", str(tmp_path / "junit")]
    chosen = ["features/patient_refused.feature", "--name", "A patient without a name is refused"]
    with patient_service(tmp_path, broker.bootstrap_servers, *FAULTY, late, "3000000") as url:
        to = remote(url, broker.bootstrap_servers, settling=LATE_SETTLING)
        run = run_behave(tmp_path, *chosen, *reports, *to, exit_code=1)
    finding = (
        r"  A patient without a name is refused: \w+ -- required fields \(features/patient_refused.feature:\d+\)\n"
        r"    “And no event is published” does not hold, later came: patient.created at patient-events/.*\n"
        r"    next: "
    )
    assert len(re.findall(finding, run.output)) == 1, "the second one has the same cause"
    assert run.output.splitlines()[-1] == (
        "RED: the audit found 2 things that no scenario explains; "
        "1 cause: patient.created published after a refused request"
    )
    audit = junit_suites(tmp_path / "junit")["audit"]
    title = "patient.created published after a refused request"
    assert [each.get("message") for each in audit.iter("failure")] == [title] * 2
    assert {each.get("value") for case in audit.iter("testcase") for each in case.iter("property")} == {
        f"1: {title}"
    }


def test_foreign_records_that_break_the_contract_fail_nothing_and_may_be_looked_at(
    tmp_path: Path, broker: EmbeddedBroker
) -> None:
    sound = patient_service(
        tmp_path, broker.bootstrap_servers, *FAULTY, "sound", "4000000"
    )  # some poison has key 1
    with sound as url, poison(broker):
        run = run_behave(tmp_path, QUICK, *remote(url, broker.bootstrap_servers))
    assert re.search(r"^\d+ of \d+ foreign records violate the contract, the first at ", run.output, re.MULTILINE)
    (file,) = (tmp_path / "evidence").rglob("foreign.jsonl")
    assert f"to look at: {file}" in run.output
    kept = [from_line(line) for line in file.read_bytes().splitlines()]
    assert all(isinstance(each, Record) for each in kept)
    assert len(kept) > 1
