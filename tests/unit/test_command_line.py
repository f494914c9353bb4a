"""The commands of `python -m bdd`: what their help says."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from bdd.commands.cli import app
from bdd.recorder import __main__ as recorder
from bdd.recorder.settings import RecorderSettings

COMMANDS = ["", "watch", "doctor", "prove", "stack", "stack list", "stack prune"]


@pytest.mark.parametrize("command", COMMANDS)
def test_an_option_that_takes_no_value_shows_none(command: str) -> None:
    told = CliRunner().invoke(app, [*command.split(), "--help"])
    assert told.exit_code == 0
    assert "--help" in told.output
    assert "<" not in told.output.replace("<=", "").replace(">=", "")


@pytest.mark.parametrize("command", ["watch", "doctor"])
def test_the_help_says_where_the_settings_are_explained(command: str) -> None:
    told = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"})
    assert "docs/settings.md" in told.output
    assert "130" in told.output


def test_the_recorder_says_where_its_settings_come_from(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        recorder.main(["--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    settings = RecorderSettings(client={}, topics={}, folder=Path("journal"), token="")
    assert all(name in told for name in settings.to_environment())
