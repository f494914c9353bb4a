"""The last line of a run, and the JUnit files that behave does not write."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from behave.model_type import Status
from behave.parser import parse_feature

from bdd.report.junit import remove_old_reports, write_aborted_run, write_audit
from bdd.report.verdict import Verdict
from bdd.verdict.audit import Finding

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


FINDING = Finding("one", "some.feature:3", "When I act", "left an event", "correct it")


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
        ("passed passed passed", 1, "RED: the audit found 1 thing that no scenario explains"),
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


def test_all_reasons_stand_in_one_short_line() -> None:
    verdict = verdict_of(Status.passed, Status.failed, Status.untested)
    verdict.audited([FINDING, FINDING])
    verdict.abort_reason = f"it broke: {'so long ' * 50}\nand more"
    assert verdict.red
    line = str(verdict)
    assert line.startswith(
        "RED: 1 of 2 scenarios failed; the audit found 2 things that no scenario explains; it broke"
    )
    assert line.endswith(" …")
    assert "\n" not in line


def test_a_broken_run_is_an_error_in_a_file_that_is_xml(tmp_path: Path) -> None:
    write_aborted_run(tmp_path / "new", "nothing was executed:\n\x00 & <")
    suite = ET.parse(tmp_path / "new" / "TESTS-run.xml").getroot()  # noqa: S314 - our own file
    assert (suite.get("errors"), suite.get("failures"), suite.get("tests")) == ("1", "0", "1")
    error = suite.find("testcase/error")
    assert error is not None
    assert str(error.get("message")).startswith("nothing was executed:")


def test_a_folder_that_cannot_be_written_breaks_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("in the way")
    folder = tmp_path / "file" / "junit"
    write_aborted_run(folder, "nothing was executed")
    assert capsys.readouterr().out == f"{folder / 'TESTS-run.xml'} cannot be written: Not a directory\n"
    remove_old_reports(folder)


def test_only_reports_of_earlier_runs_are_removed(tmp_path: Path) -> None:
    write_audit(tmp_path, [])
    for name in ("TESTS-features.topics.xml", "TESTS-mine.txt", "coverage.xml"):
        (tmp_path / name).write_text("earlier")
    remove_old_reports(tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == {"TESTS-mine.txt", "coverage.xml"}
