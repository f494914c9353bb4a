"""The commands of `python -m bdd`: what their help says."""

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bdd.commands.cli import app
from bdd.recorder import __main__ as recorder
from bdd.recorder.settings import RecorderSettings
from bdd.run.process import ModuleProcess

COMMANDS = [
    "",
    "watch",
    "doctor",
    "stories",
    "report",
    "merge",
    "rerun",
    "export",
    "stack",
    "stack list",
    "stack prune",
    "prove",
    "soak",
    "bench",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_an_option_that_takes_no_value_shows_none(command: str) -> None:
    result = CliRunner().invoke(app, [*command.split(), "--help"])
    assert result.exit_code == 0
    assert "--help" in result.output
    assert "<" not in result.output.replace("<=", "").replace(">=", "").replace("<path>", "")


@pytest.mark.parametrize("command", ["watch", "doctor"])
def test_the_help_says_where_the_settings_are_explained(command: str) -> None:
    result = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"})
    assert "docs/settings.md" in result.output
    assert "130" in result.output


def test_the_recorder_says_where_its_settings_come_from(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        recorder.main(["--help"])
    assert ended.value.code == 0
    result = capsys.readouterr().out
    settings = RecorderSettings(client={}, topics={}, folder=Path("journal"), token="")
    assert all(name in result for name in settings.to_environment())


@pytest.mark.parametrize("name", ["prove", "soak", "mutate", "bench"])
@pytest.mark.parametrize("arguments", [[], ["--list"], ["--help"]])
def test_a_command_whose_folder_is_not_there_says_so(
    monkeypatch: pytest.MonkeyPatch, name: str, arguments: list[str]
) -> None:
    for module in ("proof.command", "soak.command", "proof.mutate", "bench.command"):
        monkeypatch.setitem(sys.modules, module, None)  # as where there is no such file
    result = CliRunner().invoke(app, [name, *arguments], env={"COLUMNS": "200"})
    assert result.exit_code == 2
    assert "This command needs the project's folder" in result.output


@pytest.mark.parametrize("level", ["1", "2"])  # of -O, and of -OO
@pytest.mark.parametrize("command", ["behave features/topics.feature", "bdd doctor", "bdd.recorder"])
def test_python_without_assertions_is_refused(command: str, level: str, tmp_path: Path) -> None:
    run = ModuleProcess(tmp_path, *command.split(), environment={"PYTHONOPTIMIZE": level})
    assert run.end() == 1
    assert run.errors.startswith("This suite does not run with python -O or PYTHONOPTIMIZE: ")
    assert "Traceback" not in run.output
