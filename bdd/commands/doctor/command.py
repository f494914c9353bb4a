"""`python -m bdd doctor`: makes the checks and shows their results, as a table or as JSON."""

import json
from collections import Counter
from collections.abc import Sequence
from functools import partial

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from bdd.commands.doctor.examination import Result, State, examine
from bdd.commands.doctor.installation import installation_check
from bdd.commands.doctor.round_trip import try_event
from bdd.commands.tables import table_console
from bdd.output.masking import mask
from bdd.settings.settings import Settings
from bdd.stacks.base import Stack
from bdd.stacks.checks.check import Check
from bdd.stacks.factory import make_stack, new_run_id
from bdd.stacks.lifetime import stopped_at_the_end
from bdd.system.signals import INTERRUPTED

_COLOURS = {State.PASSED: "green", State.FAILED: "red", State.NOT_REACHED: "yellow", State.ABSENT: "dim"}


def run_doctor(settings: Settings, *, as_json: bool, try_it: bool) -> int:
    """Check the stack of the settings; return the exit code: 0 only when every check of what is there has passed.

    Args:
        settings: those of the stack.
        as_json: whether to print one JSON object in place of a table.
        try_it: whether to create one of each resource and look for its event too.
    """
    stack = make_stack(settings, new_run_id())
    try:
        with stopped_at_the_end(stack), Console(stderr=True).status("") as status:
            checks = checks_for(settings, stack, try_it=try_it)
            results = examine(checks, lambda name: status.update(f"looking at: {name}"))
    except KeyboardInterrupt:
        typer.echo("Interrupted: the checks that were still to be made have no result.", err=True)
        return INTERRUPTED
    healthy = all(result.state in {State.PASSED, State.ABSENT} for result in results)
    if as_json:
        typer.echo(mask(_as_json(settings, results, healthy=healthy)))
    else:
        _show(results)
    return 0 if healthy else 1


def checks_for(settings: Settings, stack: Stack, *, try_it: bool) -> list[Check]:
    """Return the doctor's checks in their order.

    Args:
        settings: the settings of a run.
        stack: the stack of the settings, not started; the caller stops it.
        try_it: whether the last check creates one of each resource.
    """
    return [installation_check(), *stack.checks(partial(try_event, stack, settings) if try_it else None)]


def _show(results: Sequence[Result]) -> None:
    console = table_console()
    columns = ("check", "state", "what was seen")
    table = Table(*(Column(column, overflow="fold") for column in columns), box=SIMPLE_HEAD)
    for result in results:
        first = mask(result.sentence).partition("\n")[0]
        colour = _COLOURS[result.state]
        table.add_row(result.name, f"[{colour}]{result.state}[/]", escape(first))
    console.print(table)
    failed = [result for result in results if result.state is State.FAILED]
    for result in failed:
        # Below the table and not wrapped: lines to read closely, and commands to copy.
        _, _, more = mask(result.sentence).partition("\n")
        lines = [f"[red]{result.name}[/]:", *([escape(more)] if more else [])]
        if result.next_command not in more:
            lines.append(f"  next:       [bold]{escape(mask(result.next_command))}[/]")
        console.print("\n".join(lines), soft_wrap=True)
    counts = Counter(result.state for result in results)
    shown = (state for state in State if state is not State.ABSENT or counts[state])
    console.print(", ".join(f"{counts[state]} {state}" for state in shown))


def _as_json(settings: Settings, results: Sequence[Result], *, healthy: bool) -> str:
    checks = [
        {
            "check": result.name,
            "state": result.state.value,
            "sentence": result.sentence,
            "next": result.next_command or None,
        }
        for result in results
    ]
    return json.dumps({"stack": settings.stack, "healthy": healthy, "checks": checks}, ensure_ascii=False, indent=2)
