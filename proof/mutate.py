"""`python -m bdd mutate`: changes the code a little, and counts the changes that the unit tests notice.

mutmut, configured in pyproject.toml, makes the changes in a copy of the project. For each change, called a mutant,
it runs only the tests that call the changed function. Decorated functions are not changed.
"""

import fnmatch
import json
import re
import shutil
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from contextlib import chdir
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, NamedTuple

import psutil
import typer

from bdd.commands.options import Command
from bdd.system.paths import ROOT

COPY = ROOT / "mutants"
ACCEPTED = ROOT / "proof" / "accepted_mutants.toml"
FLOOR = 95.0

_SURVIVED = {0, 5, 33}  # mutmut's exit codes: the tests passed, or no test calls the function


class Survivor(NamedTuple):
    """A mutant that no test noticed: a function, and its lines before and after the change."""

    function: str
    old: str
    new: str

    def is_accepted_by(self, entry: dict[str, str]) -> bool:
        """Return whether an entry of the accepted mutants is about this one, and has a reason."""
        same = (entry["old"], entry["new"]) == (self.old, self.new)
        return same and fnmatch.fnmatchcase(self.function, entry["function"]) and bool(entry["reason"])

    def __str__(self) -> str:
        """The entry that accepts it, without the reason."""
        fields = (f"{name} = '''{value}'''" for name, value in (*self._asdict().items(), ("reason", "")))
        return "\n".join(["[[accepted]]", *fields, ""])


app = typer.Typer(add_completion=False, rich_markup_mode="markdown")


@app.command(cls=Command)
def mutate(
    targets: Annotated[
        list[str] | None, typer.Argument(metavar="[FILE|FOLDER]...", help="Only these.", show_default=False)
    ] = None,
) -> None:
    """Change the code a little, thousands of times, and count the changes that the unit tests notice.

    Without arguments it covers bdd/verdict, bdd/recorder and bdd/system/waiting.py, which takes about 15 minutes.
    The changes are made in a copy, mutants/. A change that was not noticed is printed as an entry for
    proof/accepted_mutants.toml: add it there, with the reason, if no test can notice it.

    The exit code is 0 when at least 95 % of the changes that are not accepted were noticed, and 1 otherwise.

    - `python -m bdd mutate bdd/verdict/ledger.py`
    """
    if not find_spec("mutmut"):
        typer.echo("mutmut is not installed. Run: make mutate, or: pip install -r requirements-mutate.txt")
        raise typer.Exit(2)
    shutil.rmtree(COPY, ignore_errors=True)
    names = [f"{target.strip('/').removesuffix('.py').replace('/', '.')}.*" for target in targets or ()]
    if psutil.Popen([sys.executable, "-m", "mutmut", "run", *names], cwd=ROOT).wait():
        raise typer.Exit(1)
    raise typer.Exit(0 if _report() >= FLOOR else 1)


def _report() -> float:
    """Print the survivors and the figures of each module; return the percentage of all modules."""
    accepted = tomllib.loads(ACCEPTED.read_text(encoding="utf-8")).get("accepted", [])
    lines, total = [], Counter[str]()
    for meta in sorted(COPY.rglob("*.py.meta")):
        module = meta.relative_to(COPY).with_suffix("")
        exit_codes = json.loads(meta.read_text())["exit_code_by_key"]
        figures = Counter({"made": sum(code is not None for code in exit_codes.values())})
        for survivor in _survivors(module, exit_codes):
            is_accepted = any(survivor.is_accepted_by(entry) for entry in accepted)
            figures["accepted" if is_accepted else "survived"] += 1
            if not is_accepted:
                typer.echo(survivor)
        if figures["made"]:
            lines.append(_line(str(module), figures))
            total += figures
    typer.echo(f"{'module':34}{'made':>7}{'killed':>8}{'accepted':>10}{'survived':>10}")
    typer.echo("\n".join([*lines, _line("total", total)]))
    return _percentage(total)


def _survivors(module: Path, exit_codes: dict[str, int | None]) -> Iterator[Survivor]:
    from mutmut.mutation.diff_apply import get_diff_for_mutant  # noqa: PLC0415 - only this command needs it

    with chdir(ROOT):
        for name in (name for name, code in exit_codes.items() if code in _SURVIVED):
            lines = get_diff_for_mutant(name, path=module).splitlines()[2:]
            old, new = ("\n".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
            function = re.sub(r"__mutmut_\d+$", "", name).replace(".xǁ", ".").replace("ǁ", ".").replace(".x_", ".")
            yield Survivor(function, old, new)


def _line(name: str, figures: Counter[str]) -> str:
    made, accepted, survived = (figures[each] for each in ("made", "accepted", "survived"))
    killed = made - accepted - survived
    return f"{name:34}{made:7}{killed:8}{accepted:10}{survived:10}{_percentage(figures):8.1f} %"


def _percentage(figures: Counter[str]) -> float:
    """Return how many of the mutants that are not accepted the tests noticed."""
    made = figures["made"] - figures["accepted"]
    return 100 * (made - figures["survived"]) / max(made, 1)
