"""The command line of the benchmarks; what they measure is not for a test."""

import pytest
from typer.testing import CliRunner

from bdd.commands.cli import app

BENCHMARKS = ("check-cost", "history-cost")


@pytest.mark.parametrize("benchmark", BENCHMARKS)
def test_the_help_explains_each_number(benchmark: str) -> None:
    result = CliRunner().invoke(app, ["bench", benchmark, "--help"], env={"COLUMNS": "200"})
    assert result.exit_code == 0
    assert "How many checks of each kind." in result.output
    assert "200" in result.output


@pytest.mark.parametrize("benchmark", BENCHMARKS)
@pytest.mark.parametrize("number", ["many", "0", "1.5"])
def test_a_wrong_number_is_refused_before_anything_starts(benchmark: str, number: str) -> None:
    result = CliRunner().invoke(app, ["bench", benchmark, number])
    assert result.exit_code == 2
