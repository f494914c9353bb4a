"""The last line of a run, and the JUnit files that behave does not write."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from behave.model_type import Status
from behave.parser import parse_feature

from bdd.report.junit import JUnitFiles
from bdd.report.verdict import Verdict
from bdd.verdict.audit import Finding
from bdd.verdict.symptom import Symptom

TEXT = """
Feature: some
  Scenario: one
    Given a
  Scenario Outline: others
    Given <b>
    Examples:
      | b |
      | c |
      | d |
"""


FINDING = Finding(
    "one",
    "some.feature:3",
    "When I act",
    "left an event",
    "correct it",
    [Symptom("patient", "patient.created", "without a key")],
)


def verdict_of(*statuses: Status) -> Verdict:
    feature = parse_feature(TEXT)  # type: ignore[no-untyped-call]
    for scenario, status in zip(feature.walk_scenarios(), statuses, strict=True):
        scenario.set_status(status)
    verdict = Verdict()
    verdict.feature(feature)
    return verdict


@pytest.mark.parametrize(
    ("statuses", "findings", "line"),
    [
        ("passed passed skipped", 0, "GREEN: 2 scenarios passed, and the audit left nothing unexplained"),
        (
            "passed passed passed",
            1,
            "RED: the audit found 1 thing that no scenario explains; 1 cause: patient.created without a key",
        ),
        *[
            (f"passed {status} skipped", 0, "RED: 1 of 2 scenarios failed")
            for status in ("failed", "error", "hook_error", "undefined")
        ],
    ],
)
def test_the_verdict_counts_what_was_executed_and_what_failed(statuses: str, findings: int, line: str) -> None:
    verdict = verdict_of(*(Status[status] for status in statuses.split()))
    verdict.audited([FINDING] * findings)
    assert str(verdict) == line
    assert verdict.red is bool(findings), "behave knows the failed scenarios itself"


def test_all_reasons_stand_in_one_line_and_none_is_cut() -> None:
    verdict = verdict_of(Status.passed, Status.failed, Status.untested)
    verdict.audited([FINDING, FINDING])
    verdict.abort_reason = f"it broke: {'so long ' * 50}and the point.\nand more"
    assert verdict.red
    assert str(verdict) == (
        "RED: 1 of 2 scenarios failed; the audit found 2 things that no scenario explains; "
        "1 cause: patient.created without a key; "
        f"it broke: {'so long ' * 50}and the point."
    )


def test_a_broken_run_is_an_error_in_a_file_that_is_xml(tmp_path: Path) -> None:
    JUnitFiles(tmp_path / "new", ["features/"]).write_aborted_run("nothing was executed:\n\x00 & <")
    (file,) = (tmp_path / "new").glob("TESTS-run.*.xml")
    suite = ET.parse(file).getroot()  # noqa: S314 - our own file
    assert (suite.get("errors"), suite.get("failures"), suite.get("tests")) == ("1", "0", "1")
    error = suite.find("testcase/error")
    assert error is not None
    assert str(error.get("message")).startswith("nothing was executed:")
    properties = {each.get("name"): str(each.get("value")) for each in suite.iter("property")}
    assert properties["arguments"] == "features/"
    assert file.name == f"TESTS-run.{properties['run']}.xml"


def test_a_folder_that_cannot_be_written_breaks_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("in the way")
    folder = tmp_path / "file" / "junit"
    files = JUnitFiles(folder)
    files.write_aborted_run("nothing was executed")
    name = f"TESTS-run.{files.run}.xml"
    assert capsys.readouterr().out == f"{folder / name} cannot be written: Not a directory\n"
    files.remove_old()


def test_a_run_removes_what_it_wrote_the_last_time_and_nothing_of_another_run(tmp_path: Path) -> None:
    def run(path: str, **settings: str) -> JUnitFiles:
        return JUnitFiles(tmp_path, [path], settings)

    first, *others = run("a"), run("b"), run("a", stack="remote")
    for each in (first, *others):
        each.write_audit([FINDING], str)
        each.write("features.topics", ET.Element("testsuite"))
    for name in ("TESTS-other.xml", f"TESTS-mine.{first.run}.txt", "coverage.xml"):
        (tmp_path / name).write_text("another's")
    before = set(tmp_path.iterdir())
    run("a").remove_old()
    removed = {file.name for file in before - set(tmp_path.iterdir())}
    assert removed == {f"TESTS-audit.{first.run}.xml", f"TESTS-features.topics.{first.run}.xml"}
