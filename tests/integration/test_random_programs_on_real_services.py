"""Random programs against a service with an error."""

import re
from pathlib import Path

from bdd.run.process import remote
from bdd.stacks.embedded.broker import EmbeddedBroker
from tests.support.running import patient_service, run_behave

SEED = 8
"""One that needs few tries to find the shortest program: the search for it has a time limit."""
PROGRAM = """\
Scenario: The shortest program that fails
When I create a patient
And I change the patient's telefon to “+49 30 5550101”
Then exactly one patient.created event is published
And exactly one patient.updated event is published

"""


def test_an_error_is_found_and_its_shortest_program_is_printed(tmp_path: Path, broker: EmbeddedBroker) -> None:
    broken = "proof.broken_service", "patient-service", "updated-never", "1000000"
    with patient_service(tmp_path, broker.bootstrap_servers, *broken) as url:
        settings = remote(url, broker.bootstrap_servers, deadline_factor=1, settling=0.1, model_seed=SEED)
        run = run_behave(
            tmp_path, "features/random_sequences.feature", "--name", "Random sequences", *settings, exit_code=1
        )
    assert PROGRAM in re.sub(r"^ +", "", run.output, flags=re.MULTILINE)
    assert "nothing about it was recorded since the request" in run.output
    assert f"To see it again: -D model_seed={SEED} -D model_programs=10" in run.output
    assert "the audit found" not in run.output, "the programs that were tried are not findings of their own"
    (exchanges,) = (tmp_path / "evidence").rglob("http.txt")
    assert re.findall(r"^(\w+) /api", exchanges.read_text("utf-8"), re.MULTILINE) == ["POST", "PUT"]
