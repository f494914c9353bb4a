"""Random programs against a service with a fault, and with a seed of one's own."""

import re
from pathlib import Path

from bdd.run.process import remote
from bdd.stacks.embedded.broker import EmbeddedBroker
from tests.support.faulty_service import LATE_SETTLING
from tests.support.running import patient_service, run_behave

FEATURE = "features/patient_random.feature"
FAULTY = "tests.support.faulty_service"
SEED = 8
"""One that needs few tries to find the shortest program: the search for it has a time limit."""
STORY = """\
Scenario: The shortest program that fails
When I create a patient
And I change the patient's telefon to “+49 30 5550101”
And I change the patient's telefon to “+49 30 5550101”
Then exactly one patient.created event is published
And exactly 2 patient.updated events are published

"""


def test_a_fault_is_found_and_its_shortest_program_is_printed(tmp_path: Path, broker: EmbeddedBroker) -> None:
    with patient_service(tmp_path, broker.bootstrap_servers, FAULTY, "every-other-change-lost", "1000000") as url:
        settings = remote(url, broker.bootstrap_servers, deadline_factor=1, settling=0.1, model_seed=SEED)
        run = run_behave(tmp_path, FEATURE, "--name", "Random sequences", *settings)
    assert run.process.wait(0) == 1
    assert STORY in re.sub(r"^ +", "", run.output, flags=re.MULTILINE)
    assert "nothing about it was recorded since the request" in run.output
    assert f"To see it again: -D model_seed={SEED} -D model_programs=10" in run.output
    assert "the audit found" not in run.output, "the programs that were tried are no findings of their own"
    (exchanges,) = (tmp_path / "evidence").rglob("http.txt")
    assert re.findall(r"^(\w+) /api", exchanges.read_text("utf-8"), re.MULTILINE) == ["POST", "PUT", "PUT"]


def test_a_late_event_of_a_lifecycle_is_left_to_the_audit(tmp_path: Path, broker: EmbeddedBroker) -> None:
    late = "created-twice-other-id-after-1500-ms"
    with patient_service(tmp_path, broker.bootstrap_servers, FAULTY, late, "2000000") as url:
        settings = remote(url, broker.bootstrap_servers, model_programs=2, settling=LATE_SETTLING)
        run = run_behave(tmp_path, FEATURE, "--name", "Random sequences", *settings)
    assert run.process.wait(0) == 1
    assert "1 scenario passed, 0 failed" in run.output
    said = "“no other event is published” does not hold, later came: patient.created at patient-events/"
    assert said in run.output


def test_a_seed_of_ones_own_is_printed_and_plays_as_many_programs(tmp_path: Path, broker: EmbeddedBroker) -> None:
    with patient_service(tmp_path, broker.bootstrap_servers) as url:
        settings = remote(url, broker.bootstrap_servers, settling=0.1, model_seed=4711, model_programs=30)
        run = run_behave(tmp_path, FEATURE, "--name", "Random sequences", *settings)
    assert run.process.wait(0) == 0, run.output
    assert re.search(r"\d+ random lifecycles in 30 programs, -D model_seed=4711\n", run.output)
