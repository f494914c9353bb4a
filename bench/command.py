"""`python -m bdd bench`: benchmarks, which measure what something costs."""

from typing import Annotated

import typer

from bdd.commands.options import Command, Group

app = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    help="Measure what something costs: a check, a report, the writing of results.",
)

Checks = Annotated[int, typer.Argument(min=2, metavar="[CHECKS]", help="How many checks of each kind.")]


@app.command(cls=Command)
def check_cost(checks: Checks = 200) -> None:
    """Compare what a check costs with the least that any tool needs, on one platform."""
    from bench.check_cost import compare  # noqa: PLC0415 - each command loads what it needs

    compare(checks)


@app.command(cls=Command)
def history_cost(
    records: Annotated[
        int, typer.Argument(min=1, metavar="[RECORDS]", help="How many records the topics hold before.")
    ] = 1_000_000,
    checks: Checks = 200,
) -> None:
    """Compare the checks on empty topics with those on topics that hold many records."""
    from bench.history_cost import compare  # noqa: PLC0415 - each command loads what it needs

    compare(records, checks)


@app.command(cls=Command)
def report(
    scenarios: Annotated[int, typer.Argument(min=1, metavar="[SCENARIOS]", help="How many each run has.")] = 500,
    runs: Annotated[int, typer.Argument(min=1, metavar="[RUNS]", help="How many runs the history has.")] = 30,
) -> None:
    """Make a report of synthetic results and open it in Chromium: seconds, first paint, files, and their goals."""
    from bench.report_cost import measure  # noqa: PLC0415 - each command loads what it needs

    measure(scenarios, runs)


@app.command(cls=Command)
def results(
    runs: Annotated[int, typer.Argument(min=1, metavar="[RUNS]", help="How many runs of each kind.")] = 5,
) -> None:
    """Compare runs of the features that write results with runs that write none; the goal is 3 % at most."""
    from bench.results_cost import compare  # noqa: PLC0415 - each command loads what it needs

    compare(runs)
