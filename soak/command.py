"""`python -m bdd soak`: runs the features again and again under bad conditions."""

import json
import math
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import typer

from bdd.commands.options import Command
from bdd.domain.resources import short_names
from bdd.settings.settings import load_settings
from bdd.stacks.embedded.distribution import prepare
from bdd.stacks.embedded.jars import BrokerUnavailable
from bdd.system.signals import INTERRUPTED, raise_interrupt_on_signals
from soak.conditions import CONDITIONS, Condition
from soak.soaking import Result, Soak

REPORT = Path("reports/soak")


app = typer.Typer(add_completion=False, rich_markup_mode="markdown")


@app.command(cls=Command)
def soak(
    runs: Annotated[
        int, typer.Option(min=1, metavar="N", help="How many runs, divided among the conditions.")
    ] = 200,
    only: Annotated[
        list[str] | None, typer.Option(metavar="CONDITION", help="Only this condition; may be repeated.")
    ] = None,
    show: Annotated[bool, typer.Option("--list", help="Show the conditions and exit.")] = False,
) -> None:
    """Run the features again and again under bad conditions. No run may be red.

    Writes the figures, and the files of failed runs, to reports/soak.

    The exit code is 0 when no run was red, 1 when one was or the soak could not go on, 2 when an option is wrong,
    130 when it was interrupted.

    - `python -m bdd soak --runs 20 --only busy-cores`
    """
    if show:
        typer.echo("\n".join(f"{condition.name:18}{condition.description}" for condition in CONDITIONS))
        return
    chosen = [condition for condition in CONDITIONS if not only or condition.name in only]
    if unknown := set(only or ()) - {condition.name for condition in chosen}:
        raise typer.BadParameter(
            f"there is no condition {', '.join(sorted(unknown))}; see: python -m bdd soak --list"
        )
    raise typer.Exit(run_soak(chosen, runs))


def run_soak(conditions: Sequence[Condition], runs: int) -> int:
    """Run the features under these conditions, print and write the figures; return the exit code."""
    raise_interrupt_on_signals()
    results: list[Result] = []
    try:
        _soak(conditions, runs, results)
    except KeyboardInterrupt:
        typer.echo("\nInterrupted: these conditions were complete.", err=True)
        return INTERRUPTED
    except (AssertionError, BrokerUnavailable, OSError) as error:
        typer.echo(f"\nThe soak cannot go on: {error}", err=True)
        return 1
    finally:
        _report(results)
    return 1 if any(result.red for result in results) else 0


def _soak(conditions: Sequence[Condition], runs: int, results: list[Result]) -> None:
    """Append the result of each condition as soon as it is complete."""
    shutil.rmtree(REPORT, ignore_errors=True)
    REPORT.mkdir(parents=True)
    distribution = prepare(load_settings({}, services=short_names()).cache_dir, typer.echo)
    with tempfile.TemporaryDirectory(prefix="soak-", ignore_cleanup_errors=True) as folder:
        soak = Soak(distribution, Path(folder), REPORT, typer.echo)
        for condition, rounds in zip(conditions, shares(conditions, runs), strict=True):
            typer.echo(f"\n{condition.name}: {condition.description}")
            results.append(soak.under(condition, rounds))


def shares(conditions: Sequence[Condition], runs: int) -> list[int]:
    """Return how many rounds each condition gets: at least one, and together no fewer than so many runs."""
    of_each, more = divmod(runs, len(conditions))
    wanted = [of_each + (number < more) for number in range(len(conditions))]
    return [
        max(1, math.ceil(each / condition.together)) for each, condition in zip(wanted, conditions, strict=True)
    ]


def _report(results: Sequence[Result]) -> None:
    typer.echo(f"\n{'condition':18}{'runs':>6}{'scenarios':>11}{'red':>5}{'median seconds':>16}")
    figures = []
    for result in results:
        figure: dict[str, Any] = {
            "condition": result.condition.name,
            "description": result.condition.description,
            "runs": len(result.outcomes),
            "scenarios": sum(outcome.scenarios for outcome in result.outcomes),
            "red": result.red,
            "median_seconds": round(median(outcome.seconds for outcome in result.outcomes), 2),
        }
        typer.echo("{condition:18}{runs:6}{scenarios:11}{red:5}{median_seconds:16.1f}".format(**figure))
        figures.append(figure)
    (REPORT / "soak.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
