"""What behave's JUnit files lack: the reason why something was not executed, and the run that they are of."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from behave.configuration import Configuration
from behave.model import Feature
from behave.model_type import Status
from behave.parser import parse_feature

from bdd.report.junit import junit_files
from bdd.report.junit_features import FeatureFiles
from bdd.system.behave_internals import replace_junit_reporter
from bdd.system.paths import ROOT

TEXT = """
Feature: some \x00
  Scenario: One
    Given a
  @other
  Scenario: Two
    Given a
  Rule: a rule
    Scenario Outline: More
      Given <b>
      Examples:
        | b |
        | c |
        | d |
"""
# behave leaves the files that it has written to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings(f"ignore::{each}")
    for each in ("ResourceWarning", "pytest.PytestUnraisableExceptionWarning")
]

NOT_EXECUTED = "the run was interrupted"


def feature_of(name: str, *statuses: Status) -> Feature:
    feature: Feature = parse_feature(TEXT, filename=str(ROOT / "features" / name))  # type: ignore[no-untyped-call]
    for scenario, status in zip(feature.walk_scenarios(), statuses, strict=False):  # type: ignore[no-untyped-call]
        for step in scenario.all_steps:
            step.set_status(status)
        scenario.set_status(status)
    return feature


def reporter_of(folder: Path, *arguments: str) -> FeatureFiles:
    config = Configuration(["--junit", "--junit-directory", str(folder), *arguments])  # type: ignore[no-untyped-call]
    config.base_dir = str(ROOT)  # type: ignore[attr-defined]  # as the runner does
    files = junit_files(config)
    assert files
    reporter = FeatureFiles(config, files, lambda: NOT_EXECUTED)
    replace_junit_reporter(config, reporter)
    assert reporter in config.reporters
    return reporter


def results(folder: Path) -> list[tuple[str, list[str | None]]]:
    """Return the name of each test case in the only file, and why it was skipped; what is counted must be true."""
    (file,) = folder.iterdir()
    suite = ET.parse(file).getroot()  # noqa: S314 - our own file
    cases = suite.findall("testcase")
    skipped = [[each.get("message") for each in case.iter("skipped")] for case in cases]
    assert (suite.get("tests"), suite.get("skipped")) == (str(len(cases)), str(len([*filter(None, skipped)])))
    return [
        (str(case.get("name")).partition(" -- ")[0], reasons) for case, reasons in zip(cases, skipped, strict=True)
    ]


def test_what_was_not_executed_is_skipped_with_the_reason(tmp_path: Path) -> None:
    reporter_of(tmp_path, "features").feature(feature_of("a.feature", Status.passed))
    assert results(tmp_path) == [
        ("One", []),
        ("Two", [NOT_EXECUTED]),
        ("More", [NOT_EXECUTED]),
        ("More", [NOT_EXECUTED]),
    ]


@pytest.mark.parametrize("statuses", [[], [Status.skipped, Status.passed]])
def test_what_was_not_selected_is_left_out(statuses: list[Status], tmp_path: Path) -> None:
    reporter_of(tmp_path, "features", "--tags=@other").feature(feature_of("a.feature", *statuses))
    assert results(tmp_path) == [("Two", [] if statuses else [NOT_EXECUTED])]


def test_what_was_not_selected_has_the_reason_where_it_is_to_be_shown(tmp_path: Path) -> None:
    feature = feature_of("a.feature", Status.skipped, Status.passed, Status.skipped, Status.skipped)
    feature.scenarios[0].skip_reason = "the platform has none"
    reporter_of(tmp_path, "features", "--tags=@other", "--show-skipped").feature(feature)
    assert [reasons for _, reasons in results(tmp_path)] == [
        ["the platform has none"],
        [],
        *[["it was not selected"]] * 2,
    ]


def test_features_of_one_name_in_two_folders_and_two_runs_each_have_a_file(tmp_path: Path) -> None:
    for arguments in (["features/a", "features/b"], ["features/a"]):
        reporter = reporter_of(tmp_path, *arguments)
        for name in ("a/x.feature", "b/x.feature"):
            reporter.feature(feature_of(name, *[Status.passed] * 4))
    files = sorted(file.name.rpartition(".")[0].rpartition(".")[0] for file in tmp_path.iterdir())
    assert files == ["TESTS-features.a.x"] * 2 + ["TESTS-features.b.x"] * 2


def test_a_folder_that_cannot_be_written_breaks_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    reporter_of(tmp_path / "file" / "junit", "features").feature(feature_of("a.feature"))
    assert "a.feature cannot be written: Not a directory" in capsys.readouterr().out


def test_a_failed_scenario_has_its_cause_as_a_property(tmp_path: Path) -> None:
    reporter = reporter_of(tmp_path)
    reporter.cause = lambda name, _location: "1: patient.created without a key" if name == "One" else ""
    reporter.feature(feature_of("a.feature", Status.failed, Status.passed, Status.passed, Status.passed))
    (file,) = tmp_path.iterdir()
    cases = ET.parse(file).getroot().findall("testcase")  # noqa: S314 - our own file
    named = [[(each.get("name"), each.get("value")) for each in case.iter("property")] for case in cases]
    assert named == [[("cause", "1: patient.created without a key")], [], [], []]
