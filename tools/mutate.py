"""`python -m bdd mutate`: changes the code a little, and counts the changes that the unit tests notice.

mutmut makes the mutants in a copy of the project and runs, for each of them, only the tests that call the changed
function. It leaves decorated functions and what stands outside of functions alone.
"""

import fnmatch
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import chdir
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from bdd.commands.options import Command
from bdd.system.paths import ROOT

COPY = ROOT / "build" / "mutate"
ACCEPTED = ROOT / "tools" / "accepted_mutants.toml"
TARGETS = ("bdd/verdict", "bdd/recorder", "bdd/system/waiting.py")
NOT_TESTED_BY = (
    "test_proof",
    "test_soak",
    "test_processes",
    "test_random_programs",
    "test_documents",
    "test_command_line",
)
"""Unit tests that import a target and start processes or take seconds."""
FLOOR = 95.0

_SURVIVED = {0, 5, 33}  # mutmut's exit codes: the tests passed, or no test calls the function
_CONFIGURATION = """
[tool.mutmut]
source_paths = ["bdd"]
only_mutate = {targets}
also_copy = {others}
pytest_add_cli_args = ["-p", "no:cacheprovider"]
pytest_add_cli_args_test_selection = {tests}
timeout_multiplier = 5.0
"""


@dataclass(frozen=True)
class Survivor:
    """A mutant that no test noticed: the lines that it changes in a function."""

    function: str
    old: str
    new: str

    def __str__(self) -> str:
        """Return the entry that accepts it, but for the reason."""
        fields = (("function", self.function), ("old", self.old), ("new", self.new), ("reason", ""))
        return "\n".join(["[[accepted]]", *(f"{name} = {_toml(value)}" for name, value in fields)])


@dataclass
class Figures:
    """How many mutants of a module were made and accepted, and which survived."""

    made: int = 0
    accepted: int = 0
    survivors: list[Survivor] = field(default_factory=list)

    @property
    def killed(self) -> int:
        """How many the tests noticed."""
        return self.made - self.accepted - len(self.survivors)

    @property
    def percentage(self) -> float:
        """How many of those that are not accepted the tests noticed."""
        return 100 * self.killed / max(self.made - self.accepted, 1)

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(self.made + other.made, self.accepted + other.accepted, [*self.survivors, *other.survivors])

    def __str__(self) -> str:
        return f"{self.made:7}{self.killed:8}{self.accepted:10}{len(self.survivors):10}{self.percentage:8.1f} %"


app = typer.Typer(add_completion=False, rich_markup_mode="markdown")


@app.command(cls=Command)
def mutate(
    targets: Annotated[
        list[str] | None, typer.Argument(metavar="[FILE|FOLDER]...", help="Only these.", show_default=False)
    ] = None,
) -> None:
    """Change the code a little, thousands of times, and count the changes that the unit tests notice.

    Without arguments it covers bdd/verdict, bdd/recorder and bdd/system/waiting.py, which takes about ten minutes.
    The changes are made in a copy, build/mutate. Survivors are printed as entries of tools/accepted_mutants.toml,
    where those belong that no test could notice, each with its reason.

    The exit code is 0 when at least 95 % were noticed, and 1 otherwise.

    - `python -m bdd mutate bdd/verdict/ledger.py`
    """
    if not shutil.which("mutmut", path=Path(sys.executable).parent):
        typer.echo(
            "mutmut is not installed; make mutate installs it, and so does: pip install -r requirements-mutate.txt"
        )
        raise typer.Exit(2)
    accepted = tomllib.loads(ACCEPTED.read_text(encoding="utf-8")).get("accepted", [])
    figures: dict[str, Figures] = {}
    for target in targets or TARGETS:
        package = Path(target.strip("/"))
        _run_mutmut(package)
        figures |= {str(module): _figures(module, accepted) for module in _modules(package)}
    raise typer.Exit(_report(figures))


def _run_mutmut(target: Path) -> None:
    shutil.rmtree(COPY, ignore_errors=True)
    git = shutil.which("git") or "git"
    listed = subprocess.check_output([git, "ls-files", "-co", "--exclude-standard"], cwd=ROOT, text=True)
    for name in listed.splitlines():
        if (ROOT / name).is_file():
            (COPY / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, COPY / name)
    configuration = _CONFIGURATION.format(
        targets=json.dumps([f"{target.as_posix()}{'' if target.suffix else '/*'}"]),
        others=json.dumps([each.name for each in COPY.iterdir() if each.name not in {"bdd", "tests"}]),
        tests=json.dumps([f"tests/unit/{name}" for name in _tests_of(target)]),
    )
    with (COPY / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(configuration)
    log = COPY / "mutmut.log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "mutmut", "run"]
        shown = None if sys.stdout.isatty() else output
        exit_code = subprocess.run(command, cwd=COPY, stdout=shown, stderr=output, check=False).returncode
    if exit_code:
        typer.echo(f"mutmut ended with exit code {exit_code}:\n{log.read_text(errors='replace')[-3000:]}", err=True)
        raise typer.Exit(1)


def _tests_of(target: Path) -> Iterator[str]:
    """The files of unit tests that import something of the target's package, or what plays on it."""
    package = target if target.parent.name == "bdd" else target.parent
    name = ".".join(target.with_suffix("").parts) if package.name == "system" else ".".join(package.parts)
    imports = re.compile(
        rf"{re.escape(name)}\b" + (r"|tests\.support\.stage|\bScene\b" if package.name == "verdict" else "")
    )
    for file in sorted((ROOT / "tests" / "unit").glob("test_*.py")):
        if file.stem not in NOT_TESTED_BY and imports.search(file.read_text(encoding="utf-8")):
            yield file.name


def _modules(target: Path) -> list[Path]:
    mutants = COPY / "mutants"
    metas = [mutants / f"{target}.meta"] if target.suffix else sorted((mutants / target).rglob("*.py.meta"))
    return [each.relative_to(mutants).with_suffix("") for each in metas]


def _figures(module: Path, accepted: Sequence[dict[str, str]]) -> Figures:
    from mutmut.mutation.diff_apply import get_diff_for_mutant  # noqa: PLC0415 - only this command needs it

    results = json.loads((COPY / "mutants" / f"{module}.meta").read_text())["exit_code_by_key"]
    figures = Figures(made=len(results))
    with chdir(COPY):
        for name in (name for name, exit_code in results.items() if exit_code in _SURVIVED):
            survivor = _survivor(name, get_diff_for_mutant(name, path=module))
            if any(_is_accepted(survivor, entry) for entry in accepted):
                figures.accepted += 1
            else:
                figures.survivors.append(survivor)
    return figures


def _survivor(name: str, diff: str) -> Survivor:
    function = re.sub(r"__mutmut_\d+$", "", name).replace(".xǁ", ".").replace("ǁ", ".").replace(".x_", ".")
    lines = diff.splitlines()[2:]
    old, new = ("\n".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
    return Survivor(function, old, new)


def _is_accepted(survivor: Survivor, entry: dict[str, str]) -> bool:
    if not entry.get("reason"):
        return False
    same = (entry["old"], entry["new"]) == (survivor.old, survivor.new)
    return same and fnmatch.fnmatchcase(survivor.function, entry["function"])


def _report(figures: dict[str, Figures]) -> int:
    for survivor in (survivor for each in figures.values() for survivor in each.survivors):
        print(f"{survivor}\n")
    print(f"{'module':34}{'made':>7}{'killed':>8}{'accepted':>10}{'survived':>10}")
    for module, each in figures.items():
        if each.made:
            print(f"{module:34}{each}")
    total = sum(figures.values(), Figures())
    print(f"{'total':34}{total}")
    return 0 if total.percentage >= FLOOR else 1


def _toml(value: str) -> str:
    if "\n" in value:
        return f"'''{value}'''"
    return json.dumps(value, ensure_ascii=False) if "'" in value else f"'{value}'"
