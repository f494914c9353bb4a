"""Follows a stack's recorder and shows its records until a signal, the limit or trouble."""

import shlex
from dataclasses import dataclass

import typer

from bdd.commands.watch.filters import Filters
from bdd.commands.watch.output import Output, ReaderHasGone
from bdd.contracts import asyncapi as contract
from bdd.contracts.event import NotAnEvent, read_event
from bdd.contracts.event_schemas import event_schemas
from bdd.domain.resource import Resource
from bdd.domain.resources import resources
from bdd.domain.test_data import as_json, required_only
from bdd.settings.settings import Settings
from bdd.stacks.base import CannotStart, Stack
from bdd.stacks.lifetime import started_stack
from bdd.system.signals import INTERRUPTED

_LOOK_AROUND_SECONDS = 0.5
_OWN_PLATFORM = {"embedded", "compose"}


@dataclass
class Count:
    """How many records were shown and filtered out."""

    shown: int = 0
    no_events: int = 0
    left_out: int = 0

    def __str__(self) -> str:
        """Return the last line of a watch."""
        no_events = f" ({self.no_events} of them no events)" if self.no_events else ""
        return f"{self.shown} record{'s' if self.shown != 1 else ''} shown{no_events}, {self.left_out} filtered out"


def run_watch(settings: Settings, filters: Filters, *, json: bool, limit: int | None) -> int:
    """Show what is published until a signal, the limit or trouble; return the exit code.

    A signal is the normal end of a watch: 0. Before the watch has begun, or with a limit, it is an interruption.

    Args:
        settings: the settings of a run.
        filters: which records are shown.
        json: whether each is shown as JSON.
        limit: the number of records after which the watch ends; None for no limit.
    """
    output, count, interrupted = Output(json=json), Count(), INTERRUPTED
    try:
        with started_stack(settings) as stack:
            _say(_greeting(settings, stack))
            if limit is None:
                interrupted = 0
            code = _follow(stack, filters, output, count, limit)
    except CannotStart as error:
        _say(str(error))
        return 1
    except KeyboardInterrupt:
        code = interrupted
    except ReaderHasGone:
        output.abandon()
        code = 0
    _say(f"{count}")
    return code


def _follow(stack: Stack, filters: Filters, output: Output, count: Count, limit: int | None) -> int:
    schemas, cursor = event_schemas(contract.current()), 0
    while True:
        stack.recorder.wait_for_more(cursor, _LOOK_AROUND_SECONDS)
        stack.recorder.forget(cursor)  # a watch may last for days
        newest = stack.recorder.cursor
        for record in stack.recorder.records(cursor, newest):
            if not filters.match(record):
                count.left_out += 1
                continue
            count.shown += 1  # first: a signal may end the watch right after the line is out
            event = read_event(record)
            count.no_events += isinstance(event, NotAnEvent)
            output.show(record, schemas.violations(event))
            if count.shown == limit:
                return 0
        cursor = newest
        output.check_reader()
        if trouble := stack.trouble():
            _say(f"The watch ends here: {trouble}")
            return 1


def _greeting(settings: Settings, stack: Stack) -> str:
    addresses = ", ".join(stack.api_urls.values())
    lines = [f"Watching the platform at {addresses} ({settings.stack}) from now on. Ctrl-C ends."]
    if settings.stack in _OWN_PLATFORM:
        there = (each for each in resources().values() if each.service.name in stack.api_urls)
        lines += ["Try, in another terminal:", *(_example_request(stack, each) for each in there)]
    return "\n".join(lines)


def _example_request(stack: Stack, resource: Resource) -> str:
    url = f"{stack.api_urls[resource.service.name]}{resource.path}"
    data = shlex.quote(as_json(required_only(resource, "example")))
    return f"  curl -s {url} -H 'Content-Type: application/json' -d {data}"


def _say(text: str) -> None:
    """Print to stderr, because stdout is for the events."""
    typer.echo(text, err=True)
