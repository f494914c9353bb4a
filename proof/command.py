"""`python -m bdd prove`: chooses the defects, shows the progress, and writes the report."""

import difflib
import signal
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import track
from rich.table import Column, Table

from bdd.commands.options import Command
from bdd.commands.tables import table_console
from bdd.output.folders import CannotWrite, check_writable
from bdd.settings.settings import InvalidSetting
from bdd.stacks.embedded.jars import BrokerUnavailable
from bdd.system.signals import INTERRUPTED
from proof.defect import Defect
from proof.defects import DEFECTS
from proof.judging import Outcome, Verdict
from proof.pairs import PAIRS
from proof.proving import Proof, proving
from proof.report import Result, write_report

_JOBS = 6
REPORT = Path("reports/prove/prove.json")

_console = table_console()


app = typer.Typer(add_completion=False, rich_markup_mode="markdown")


@app.command(cls=Command)
def prove(
    only: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this defect; may be repeated.")
    ] = None,
    show: Annotated[bool, typer.Option("--list", help="Show the defects and exit.")] = False,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, max=16, metavar="N", help="How many defects at a time: 6, with --whole 1."),
    ] = None,
    pairs: Annotated[
        bool, typer.Option("--pairs", help="Two defects at a time, with all features: both must be the causes.")
    ] = False,
    whole: Annotated[
        bool,
        typer.Option("--whole", help="Run all features against each defect, and compare times and causes."),
    ] = False,
) -> None:
    """Prove that the suite notices every defect of the platform's events, and that its message names it.

    A reference service is started with one defect at a time, injected from outside, and the features that check
    this behaviour are run. Before that, the services without a defect must pass.

    A defect is killed when a scenario fails or the audit reports a finding, and named when the first lines of the
    message describe it. A defect that survives shows a gap in the features; one that is not named, a poor message.

    Writes reports/prove/prove.json, with each message.

    The exit code is 0 only when every defect was killed and named, 1 when one was not or nothing could be proven,
    2 when an option or a setting is wrong, 130 when it was interrupted.

    - `python -m bdd prove --only key-none --only status-enum-name`
    """
    if not show:
        chosen = choose(only or [], PAIRS if pairs else DEFECTS)
        whole = whole or pairs
        raise typer.Exit(run_proof(chosen, jobs or (1 if whole else _JOBS), whole=whole))
    table = _table("defect", "service", "layer", "the service is as it should be, but …")
    for defect in DEFECTS:
        table.add_row(defect.name, defect.service, defect.layer, escape(defect.description))
    _console.print(table)


def _table(*columns: str) -> Table:
    return Table(*(Column(column, overflow="fold") for column in columns))


def choose(names: Sequence[str], defects: Sequence[Defect]) -> list[Defect]:
    """Return the defects with these names, all of them when none is given.

    Args:
        names: the names.
        defects: those that there are.

    Raises:
        BadParameter: there is no such defect.
    """
    known = {defect.name: defect for defect in defects}
    if unknown := {name: difflib.get_close_matches(name, known, n=1) for name in names if name not in known}:
        hints = {name: f" (did you mean {close[0]}?)" if close else "" for name, close in unknown.items()}
        listed = ", ".join(f"{name or repr(name)}{hint}" for name, hint in hints.items())
        raise typer.BadParameter(f"there is no defect {listed}; see: python -m bdd prove --list")
    return [known[name] for name in dict.fromkeys(names)] or list(defects)


def run_proof(defects: Sequence[Defect], jobs: int, *, whole: bool = False) -> int:
    """Inject the defects, print the outcomes, write the report; return the exit code."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: everything is removed
    began = time.monotonic()
    try:
        check_writable(REPORT.parent)  # now, and not after minutes
        with proving(_console.print, whole=whole) as proof:
            sound = proof.check_sound()
            _console.print(f"The sound services: {'green' if sound.verdict is Verdict.SURVIVED else 'RED'}")
            outcomes = _watch(proof, defects, jobs) if sound.verdict is Verdict.SURVIVED else []
    except (BrokerUnavailable, CannotWrite, InvalidSetting, AssertionError, OSError) as error:
        _console.print(f"Nothing is proven: {error}", markup=False)
        return 2 if isinstance(error, InvalidSetting) else 1
    except KeyboardInterrupt:
        _console.print("Interrupted: nothing is proven.")
        return INTERRUPTED
    return _conclude(Result(sound, outcomes), time.monotonic() - began)


def _watch(proof: Proof, defects: Sequence[Defect], jobs: int) -> list[Outcome]:
    outcomes: dict[str, Outcome] = {}
    with closing(proof.check(defects, jobs)) as checked:
        for outcome in track(checked, "", len(defects), console=_console):
            outcomes[outcome.defect.name] = outcome
            if outcome.verdict is not Verdict.NAMED:
                _console.print(f"{outcome.defect.name}: {outcome.verdict}", markup=False)
    return [outcomes[defect.name] for defect in defects]


def _conclude(result: Result, seconds: float) -> int:
    write_report(result, REPORT, seconds)
    if result.outcomes:
        table = _table("defect", "service", "layer", "verdict", "seconds", "causes", "noticed by")
        for outcome in result.outcomes:
            defect, seconds_ = outcome.defect, f"{outcome.seconds:.1f}"
            causes = str(len(outcome.causes))
            table.add_row(defect.name, defect.service, defect.layer, outcome.verdict, seconds_, causes, outcome.by)
        _console.print(table)
    for outcome in result.outcomes:
        if outcome.verdict is not Verdict.NAMED:
            pattern = f"  pattern: {outcome.defect.pattern}\n" if outcome.message else ""
            lines = f"\n{outcome.defect.name}: {outcome.verdict}: {outcome.by}\n{pattern}{outcome.message}"
            _console.print(lines, markup=False)
    if result.outcomes:
        each = [outcome.seconds for outcome in result.outcomes]
        times = (
            f"median {median(each):.1f} s, maximum {max(each):.1f} s; without a defect {result.sound.seconds:.1f} s"
        )
        right = sum(len(outcome.causes) == outcome.defect.count for outcome in result.outcomes)
        causes = f"{right} of {len(result.outcomes)} runs print as many causes as there are defects"
        _console.print(f"\nThe runs against a defect: {times}; {causes}", markup=False)
    _console.print(f"\n{result}, in {seconds:.0f} s. Read more in {REPORT.as_posix()}.", markup=False)
    return 0 if result.proven else 1
