"""Results in the formats of other tools: CTRF and JUnit."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bdd.commands.cli import app
from bdd.results.cases import cases_of
from bdd.results.ctrf import ctrf_of
from bdd.results.junit import junit_of
from bdd.results.model import KnownFailure, LeftOut, Run, ScenarioName
from tests.support.runs import BEGAN, FEATURE, TITLE, a_finding, a_run, a_scenario, named, written

A, B = "A deletion is published", "A deleted patient cannot be read"
MISSING = ScenarioName(feature=FEATURE, name="Not reached", line=40)
OUT = ScenarioName(feature="features/topics.feature", name="Left out", line=4)


def a_red_run() -> Run:
    """Return a run with everything that can become of a scenario, and a finding, and a clean-up that failed."""
    late = a_scenario("Late", "failed", line=30)
    assert late.failure is not None
    late = late.model_copy(update={"failure": late.failure.model_copy(update={"late": True})})
    done = [a_scenario(A), a_scenario(B, "failed", line=12), a_scenario("Hook", "error", line=20), late]
    return a_run(
        done,
        selected=[*map(named, done), MISSING],
        left_out=[LeftOut(reason="the platform has none", scenarios=[OUT])],
        findings=[a_finding("comes twice")],
        abort_reason="the broker has ended\nits last lines: …",
        end={"hook_failures": ["a patient was not deleted"]},
    )


def a_run_with_a_known_failure(name: str) -> Run:
    known = KnownFailure(scenario=name, reason="a defect", who="Team", until="2026-12-31", state="failed as known")
    done = [a_scenario(A, "failed")]
    return a_run(done, findings=[a_finding(scenario=named(done[0]))], end={"known": [known], "green": True})


def test_all_of_a_run_is_a_case() -> None:
    assert [(each.suite, each.name, each.status) for each in cases_of(a_red_run())] == [
        ("Patient deleted", A, "passed"),
        ("Patient deleted", B, "failed"),
        ("Patient deleted", "Hook", "error"),
        ("Patient deleted", "Late", "late"),
        ("Patient deleted", "Not reached", "not executed"),
        ("features/topics.feature", "Left out", "left out"),
        ("audit", f"{A}: comes twice", "failed"),
        ("run", "the run", "error"),
        ("run", "a patient was not deleted", "error"),
    ]


@pytest.mark.parametrize("name", [A, f"{FEATURE}: {A}"])
def test_a_known_failure_and_its_findings_are_no_failed_cases(name: str) -> None:
    cases = cases_of(a_run_with_a_known_failure(name))
    assert [each.status for each in cases] == ["known", "known"]
    assert cases[0].message == "known until 2026-12-31 (Team): a defect"


def test_a_scenario_that_passes_is_passed_although_another_one_of_its_name_fails_as_known() -> None:
    run = a_run_with_a_known_failure(A)
    other = a_scenario(A, feature="features/topics.feature")
    run = run.model_copy(update={"scenarios": [*run.scenarios, other]})
    assert [each.status for each in cases_of(run)] == ["known", "passed", "known"]


RED = {
    "killed": a_run([a_scenario()], killed=True),
    "not executed": a_run([a_scenario()], selected=[named(a_scenario()), MISSING]),
    "for a reason that no case has": a_run(
        [a_scenario()], end={"green": False, "sentence": "RED: an expired entry"}
    ),
    "nothing executed": a_run([]),
    "broken": a_red_run(),
}


@pytest.mark.parametrize("run", RED.values(), ids=RED)
def test_a_run_that_is_red_is_never_green_in_another_format(run: Run) -> None:
    assert ctrf_of(run)["results"]["summary"]["failed"] > 0
    assert ET.fromstring(junit_of(run)).findall("*/testcase/failure") or ET.fromstring(junit_of(run)).findall(  # noqa: S314
        "*/testcase/error"
    )


def test_a_green_run_has_no_failed_case() -> None:
    run = a_run([a_scenario(A), a_scenario(B)])
    summary = ctrf_of(run)["results"]["summary"]
    assert [(each.name, each.status) for each in cases_of(run)] == [
        (A, "passed"),
        (B, "passed"),
        ("nothing is unexplained", "passed"),
    ]
    assert (summary["tests"], summary["passed"], summary["failed"]) == (3, 3, 0)
    assert all(suite.get("failures") == suite.get("errors") == "0" for suite in junit(run))


def junit(run: Run) -> ET.Element:
    return ET.fromstring(junit_of(run))  # noqa: S314 - our own text


def test_the_ctrf_document_has_times_in_milliseconds_and_counts_that_add_up() -> None:
    document = ctrf_of(a_red_run())
    results = document["results"]
    assert results["summary"] == {
        "tests": 9,
        "passed": 1,
        "failed": 5,
        "skipped": 1,
        "pending": 1,
        "other": 1,
        "suites": 4,
        "start": round(BEGAN * 1000),
        "stop": round(BEGAN * 1000) + 15_000,
        "duration": 15_000,
    }
    failed = results["tests"][1]
    assert failed["message"] == TITLE
    assert "Expected: one patient.deleted event" in failed["trace"]
    assert (failed["filePath"], failed["line"], failed["duration"]) == (FEATURE, 12, 250)
    assert [each["status"] for each in failed["steps"]] == ["passed", "passed", "passed", "failed"]
    assert failed["extra"] == {"cause": f"1: {TITLE}"}
    assert document["runId"] == a_red_run().run.id
    assert len({each["id"] for each in results["tests"]}) == 9


def test_a_test_has_the_same_id_in_each_run() -> None:
    def ids(began: float) -> list[Any]:
        return [
            each["id"] for each in ctrf_of(a_run([a_scenario(A), a_scenario(B)], began=began))["results"]["tests"]
        ]

    assert ids(BEGAN) == ids(BEGAN + 60)


def test_the_junit_file_has_a_suite_for_each_feature_the_audit_and_the_run() -> None:
    suites = {suite.get("name"): suite for suite in junit(a_red_run())}
    assert list(suites) == ["Patient deleted", "features/topics.feature", "audit", "run"]
    feature = suites["Patient deleted"]
    assert {name: feature.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "5",
        "failures": "1",
        "errors": "1",
        "skipped": "2",
    }
    case = feature.findall("testcase")[1]
    assert (case.get("name"), case.get("classname"), case.get("time")) == (B, "features.patient_deleted", "0.250")
    assert [each.get("value") for each in case.iter("property")] == [f"1: {TITLE}"]
    failure = case.find("failure")
    assert failure is not None
    assert failure.get("message") == TITLE
    assert "Expected: one patient.deleted event" in (failure.text or "")
    skipped = suites["features/topics.feature"].find("testcase/skipped")
    assert skipped is not None
    assert skipped.get("message") == "the platform has none"


def test_a_text_that_xml_cannot_hold_is_escaped() -> None:
    run = a_run([a_scenario("A \x00 name", "failed", title="\x1b[31mred")])
    assert junit(run).find("testsuite/testcase") is not None


def command(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["export", *map(str, arguments)])
    return result.exit_code, result.output


def test_the_command_writes_both_files_of_the_newest_run(tmp_path: Path) -> None:
    written(tmp_path, a_run([a_scenario()], began=BEGAN - 60))
    written(tmp_path, a_red_run())
    ctrf, xml = tmp_path / "new" / "ctrf.json", tmp_path / "run.xml"
    assert command(tmp_path, "--ctrf", ctrf, "--junit", xml) == (0, f"{ctrf}\n{xml}\n")
    assert json.loads(ctrf.read_text(encoding="utf-8")) == ctrf_of(a_red_run())
    assert xml.read_bytes() == junit_of(a_red_run())


def test_without_a_file_the_command_takes_the_newest_of_the_settings(tmp_path: Path) -> None:
    written(tmp_path, a_red_run())
    ctrf = tmp_path / "out" / "ctrf.json"
    assert command("-D", f"results_dir={tmp_path}", "--ctrf", ctrf)[0] == 0
    assert json.loads(ctrf.read_text(encoding="utf-8")) == ctrf_of(a_red_run())
    code, output = command("-D", f"results_dir={tmp_path / 'none'}", "--ctrf", ctrf)
    assert (code, "There are no results in" in output) == (2, True)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "run.json").write_text("{", encoding="utf-8")
    code, output = command("-D", f"results_dir={tmp_path / 'bad'}", "--ctrf", ctrf)
    assert (code, "There are no results that can be read in" in output) == (2, True)
    assert command("-D", "result_dir=x", "--ctrf", ctrf)[0] == 2


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    file = written(tmp_path, a_run([a_scenario()]))
    assert command(file) == (2, "Nothing to write: give --ctrf FILE, --junit FILE, or both.\n")
    code, output = command(tmp_path / "none.json", "--junit", tmp_path / "run.xml")
    assert (code, "cannot be read" in output) == (2, True)
    code, output = command(file, "--junit", file / "run.xml")
    assert (code, "cannot be written" in output) == (1, True)
