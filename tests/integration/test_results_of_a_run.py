"""A run on a real broker leaves the file of its results, however it ends."""

from pathlib import Path

import pytest

from bdd.commands.export import export
from bdd.results.model import Run
from bdd.run.process import remote
from bdd.stacks.embedded.broker import EmbeddedBroker
from tests.support.junit import junit_suites
from tests.support.running import LONG, QUICK, QUICK_TITLE, BehaveRun, patient_service, run_behave

FAULTY = "tests.support.faulty_service", "patient-service"


def results_of(run: BehaveRun) -> Run:
    (file,) = (run.temporary.parent / "results").glob("*.json")
    return Run.model_validate_json(file.read_bytes())


def test_a_green_run_leaves_what_was_exchanged_and_published(
    tmp_path: Path, api_url: str, broker: EmbeddedBroker
) -> None:
    run = results_of(run_behave(tmp_path / "run", QUICK, *remote(api_url, broker.bootstrap_servers)))
    assert run.green
    assert run.end
    assert run.end.audited
    assert set(run.end.phases) == {"start", "scenarios", "audit", "stop"}
    assert (run.run.stack, run.run.selection) == ("remote", QUICK)
    assert run.run.settings["api_url"] == api_url
    assert {each.name: each.address for each in run.run.platform}["kafka"] == broker.bootstrap_servers
    (scenario,) = run.scenarios
    assert [str(each) for each in run.run.selected] == [f"One patient ({QUICK}:4)"]
    assert [step.status for step in scenario.steps] == ["passed", "passed"]
    (exchange,) = scenario.exchanges
    assert (exchange.method, exchange.path, exchange.status) == ("POST", "/api/patients", 201)
    (event,) = scenario.events
    (expectation,) = scenario.expectations
    assert (event.kind, event.event_type, expectation.event) == ("expected", "patient.created", event.place)
    assert expectation.seconds is not None
    assert (
        abs(exchange.sent_at + exchange.seconds + expectation.seconds - event.received) < 0.001
    )  # the same moment, added up
    (fence,) = scenario.fences
    assert fence.step == scenario.steps[1].sentence
    assert scenario.began <= exchange.sent_at <= fence.requested_at <= scenario.began + scenario.seconds


def test_a_known_failure_turns_no_run_red_until_its_day(tmp_path: Path, broker: EmbeddedBroker) -> None:
    known = tmp_path / "known.yaml"
    with patient_service(tmp_path, broker.bootstrap_servers, *FAULTY, "key-none", "8000000") as url:
        to = remote(url, broker.bootstrap_servers, known=known)
        run = run_behave(tmp_path / "unknown", QUICK, *to, exit_code=1)
        red = results_of(run)
        assert not red.green
        (scenario,) = red.scenarios
        assert scenario.failure
        assert scenario.failure.title == "patient.created without a key"
        (expectation,) = scenario.expectations
        assert expectation.closest == scenario.events[0].place
        assert [each.field for each in expectation.differences] == ["key"]

        entry = "- {scenario: One patient, reason: keys are missing, who: Team A, until: %s}"
        known.write_text(entry % "9999-12-31", encoding="utf-8")
        reports = ["--junit", "--junit-directory", str(tmp_path / "junit")]
        run = run_behave(tmp_path / "known", QUICK, *to, *reports)
        assert "GREEN: 0 scenarios passed, and the audit left nothing unexplained; 1 failed as known" in run.output
        assert "One patient, until 9999-12-31: keys are missing (Team A)" in run.output
        assert results_of(run).green
        suites = junit_suites(tmp_path / "junit")
        (skipped,) = suites.pop(QUICK_TITLE).iter("skipped")
        assert skipped.get("message") == "known until 9999-12-31 (Team A): keys are missing"
        (passed,) = suites.pop("audit").iter("testcase")
        assert passed.get("name") == "nothing is unexplained"
        assert not suites

        known.write_text(entry % "2000-01-01", encoding="utf-8")
        run = run_behave(tmp_path / "expired", QUICK, *to, exit_code=1)
        assert "its day is over" in run.output
        (outcome,) = results_of(run).end.known  # type: ignore[union-attr]
        assert outcome.state == "expired"


@pytest.mark.usefixtures("distribution")
def test_a_killed_run_leaves_what_it_had(tmp_path: Path) -> None:
    junit = ["--junit", "--junit-directory", str(tmp_path / "junit")]
    run = BehaveRun(tmp_path, LONG, *junit)

    run.kill_after(1, run.temporary.parent / "results", "kafka.Kafka")
    killed = results_of(run)
    assert killed.end is None
    assert [each.status for each in killed.scenarios] == ["passed"]
    assert not killed.green
    assert [each.name for each in killed.not_executed()] == ["Many changes"]
    assert not list(tmp_path.rglob("TESTS-*.xml"))
    exported = tmp_path / "exported" / "run.xml"
    assert export(None, tmp_path / "results", None, exported, print) == 0
    (error,) = junit_suites(exported.parent)["run"].iter("error")
    assert error.get("message") == "the run was killed before its end"
    run.finish()


def test_a_run_that_cannot_start_leaves_the_reason(tmp_path: Path) -> None:
    run = run_behave(tmp_path, QUICK, "-D", "stack=moon", exit_code=1)
    refused = results_of(run)
    assert refused.end
    assert not refused.end.judged
    assert "The setting stack is 'moon'" in str(refused.end.abort_reason)
