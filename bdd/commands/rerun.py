"""`python -m bdd rerun`: runs the failed scenarios of the last results again."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from behave.__main__ import main as run_behave
from behave.configuration import Configuration
from behave.parser import ParserError, parse_file
from dotenv import dotenv_values

from bdd.output.console import counted
from bdd.results.folder import UnreadableResults, read_run, results_at
from bdd.results.model import Run, ScenarioName
from bdd.results.rerun import found_again, settings_again, to_run_again
from bdd.system.behave_internals import parse_definition

_PREFIX = "BDD_"


def rerun(
    results: Path | None,
    defined: Sequence[str],
    say: Callable[[str], object],
    behave: Callable[[list[str]], int] = run_behave,
) -> int:
    """Run the scenarios again that failed or were not executed, and return the exit code.

    Args:
        results: a file of results, or a folder, whose newest file is meant; None for that of the settings' folder.
        defined: the settings of the command line, `name=value`.
        say: called with each line for the user.
        behave: runs behave with arguments and returns its exit code.
    """
    given = {**_in_environment(), **dict(parse_definition(each) for each in defined)}
    try:
        file = results_at(results, Path(given.get("results_dir", "results")))
        run = read_run(file)
        wanted = to_run_again(run)
        if not wanted:
            return _nothing_to_run(run, file, say)
        places = list(_places(wanted, say))
    except (UnreadableResults, ParserError) as error:
        say(str(error))
        return 2
    if not places:
        say(f"None of its scenarios exists any more. Run everything: behave {run.run.selection}")
        return 2
    say(f"{counted(len(places), 'scenario')} of {file}:")
    again = [f"{name}={value}" for name, value in settings_again(run, given.keys()).items()]
    return int(behave([*(argument for each in [*again, *defined] for argument in ("-D", each)), *places]))


def _nothing_to_run(run: Run, file: Path, say: Callable[[str], object]) -> int:
    if run.green:
        say(f"Nothing failed in {file}.")
        return 0
    why = f": {run.end.sentence}" if run.end else ", which was killed before its end."
    say(f"No scenario failed in {file}{why}\nRun everything again: behave {run.run.selection}")
    return 1


def _places(wanted: Sequence[ScenarioName], say: Callable[[str], object]) -> Iterator[str]:
    """Yield file and line of each scenario as it is now; name those that no longer exist."""
    Configuration([])  # type: ignore[no-untyped-call]  # it lets behave name the rows of outlines as it does in a run
    there = {file: list(_scenarios_in(Path(file))) for file in {each.feature for each in wanted}}
    for each, now in found_again(wanted, there):
        if now is None:
            say(f"{each} no longer exists.")
        else:
            yield f"{now.feature}:{now.line}"


def _scenarios_in(file: Path) -> Iterable[ScenarioName]:
    if not file.is_file():
        return
    feature = parse_file(str(file))  # type: ignore[no-untyped-call]
    for each in feature.walk_scenarios():
        yield ScenarioName(feature=file.as_posix(), name=each.name, line=each.line)


def _in_environment() -> dict[str, str]:
    """Return the settings that a run finds in its environment and in `.env`."""
    variables = {**dotenv_values(".env"), **os.environ}
    return {
        name.removeprefix(_PREFIX).lower(): value or ""
        for name, value in variables.items()
        if name.startswith(_PREFIX)
    }
