"""What is said of a failure, and of one that is known."""

from pathlib import Path

from bdd.domain.world import world
from bdd.verdict.expectation import Expectation
from tests.support.builders import NOW
from tests.support.fake_run import Behave

KNOWN = "- {scenario: One, reason: keys are missing, who: Team A, until: 9999-12-31}"


def test_an_event_that_no_step_has_looked_for_yet_is_not_why_another_step_failed(behave: Behave) -> None:
    def expect_and_record() -> None:
        behave.record_unexpected()
        log = world(behave.context).observer.scenario_log
        expected = {"payload": {"note": log.mark}, "step": "When I create it", "after": 0, "requested_at": NOW}
        log.expectations.append(Expectation("patient.created", log.mark, **expected))  # type: ignore[arg-type]

    behave.start()
    behave.play(behave.feature.scenarios[0], AssertionError("no such status"), act=expect_and_record)
    behave.end()
    assert behave.verdict.endswith("1 cause: “a patient.created event is published”: no such status")


def test_a_finding_about_a_known_failure_is_that_failure_although_its_steps_passed(
    behave: Behave, tmp_path: Path
) -> None:
    known = tmp_path / "known.yaml"
    known.write_text(KNOWN, encoding="utf-8")
    behave.userdata["known"] = str(known)
    behave.start()
    one, two = behave.feature.scenarios
    behave.play(one, act=behave.record_unexpected)
    behave.play(two)
    assert behave.end() == 0
    assert behave.verdict.startswith("GREEN: ")
    assert "One, until 9999-12-31: keys are missing (Team A)\n" in behave.output, "and not that it passes"
