"""The command line of the benchmarks and their synthetic results; what they measure is not for a test."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bdd.commands.cli import app
from bdd.pages.report import make_report
from bdd.results.folder import read_history, read_run, write_run
from bench.synthetic import nights

NUMBERS = {
    "check-cost": ["How many checks of each kind.", "200"],
    "history-cost": ["How many checks of each kind.", "200", "1000000"],
    "report": ["How many each run has.", "500", "How many runs the history has.", "30"],
    "results": ["How many runs of each kind.", "5"],
}


@pytest.mark.parametrize(("benchmark", "explained"), NUMBERS.items())
def test_the_help_explains_each_number(benchmark: str, explained: list[str]) -> None:
    result = CliRunner().invoke(app, ["bench", benchmark, "--help"], env={"COLUMNS": "200"})
    assert result.exit_code == 0
    for words in explained:
        assert words in result.output


@pytest.mark.parametrize("benchmark", NUMBERS)
@pytest.mark.parametrize("number", ["many", "0", "1.5"])
def test_a_wrong_number_is_refused_before_anything_starts(benchmark: str, number: str) -> None:
    result = CliRunner().invoke(app, ["bench", benchmark, number])
    assert result.exit_code == 2


def test_synthetic_results_are_results_of_nights_that_a_report_can_be_made_of(tmp_path: Path) -> None:
    for night in nights(80, 4):
        write_run(tmp_path / f"{night.run.id}.json", night)
    run = read_run(max(tmp_path.glob("*.json")))
    history = read_history(tmp_path, run)
    assert len(history.runs) == 4
    assert not history.passed_over
    assert make_report(run, history, tmp_path / "pages").is_file()
    assert len(list(tmp_path.glob("pages/scenarios/*.html"))) == 80


def test_some_synthetic_scenarios_fail_for_long_some_in_the_last_night_and_some_now_and_then() -> None:
    failed = [[place for place, each in enumerate(night.scenarios) if each.failed] for night in nights(40, 6)]
    assert failed == [[33], [], [], [7, 33], [7], [7, 27]]


def test_a_synthetic_failure_has_what_a_reader_of_a_real_one_looks_at() -> None:
    *_, last = nights(40, 2)
    failed = next(each for each in last.scenarios if each.failure)
    assert failed.failure
    assert failed.failure.logs
    assert failed.expectations[-1].closest == failed.events[-1].place
    assert failed.expectations[-1].differences
    assert last.end
    assert [each.title for each in last.end.causes] == [failed.failure.title]
    assert last.end.findings
