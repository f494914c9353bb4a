"""The commands of `python -m bdd`."""

from typing import Annotated

import typer

from bdd.commands.options import Command, Defined, Group, GroupWithOthers, settings_of

# Markdown: the lines of a docstring's paragraph flow, and an indented line is a command to copy.
app = typer.Typer(
    cls=GroupWithOthers,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)

stack_app = typer.Typer(cls=Group, no_args_is_help=True, help="What runs have put into the container engine.")
app.add_typer(stack_app, name="stack")


@app.callback()
def commands() -> None:
    """What the acceptance suite can do besides running its features, which is: behave features/ ."""


@app.command(cls=Command)
def watch(
    *,
    defined: Defined = None,
    patient: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Only of this patient's id; may be repeated.")
    ] = None,
    event_type: Annotated[
        list[str] | None,
        typer.Option("--type", metavar="TYPE", help="Only this type, or these: 'patient.*'; may be repeated."),
    ] = None,
    topic: Annotated[
        list[str] | None, typer.Option(metavar="TOPIC", help="Only this topic; may be repeated.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for pipes.")] = False,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="End after so many.", show_default=False)
    ] = None,
) -> None:
    """Show events live, as they are published: time, topic/partition@offset, key, type and payload.

    It brings up a platform of its own to play with, and prints its address; so does -D stack=compose, in Docker.
    With -D stack=attached or -D stack=remote it follows the platform that is there. What breaks the contract is
    marked. A record that is no event is shown too, with the reason; --type leaves it out. Nothing is consumed away
    from anyone, and what was published before is not shown.

    Payloads are health data where the patients are real. They are printed here and stored nowhere, except in the
    recorder's journal, which goes when the watch ends. Mind where you send the output.

    Ctrl-C ends it, with everything removed. Events go to stdout, everything else to stderr.

    The exit code is 0 when Ctrl-C or a closed pipe ended it, or when --limit was reached; 1 when something broke;
    2 when an option, a setting or the contract is wrong; 130 when Ctrl-C came before it began or before --limit.

    - `python -m bdd watch --type 'patient.*'`
    - `python -m bdd watch -D stack=remote -D api_url=http://127.0.0.1:8001 -D bootstrap_servers=127.0.0.1:9092`
    - `python -m bdd watch -D stack=attached -D project=NAME --json | jq .payload`
    """
    from bdd.commands.watch.command import run_watch  # noqa: PLC0415 - each command loads what it needs
    from bdd.commands.watch.filters import Wanted, WantsNothing  # noqa: PLC0415 - the same

    settings = settings_of(defined)
    try:
        wanted = Wanted(topic or (), event_type or (), patient or ())
    except WantsNothing as wrong:
        typer.echo(wrong, err=True)
        raise typer.Exit(2) from wrong
    raise typer.Exit(run_watch(settings, wanted, json=json, limit=limit))


@app.command(cls=Command)
def doctor(
    *,
    defined: Defined = None,
    try_it: Annotated[
        bool, typer.Option("--try", help="Also create a synthetic patient, see its event, and delete it again.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="JSON in place of the table.")] = False,
) -> None:
    """Look at one stack, check by check, and name the next command to type.

    A check passes, fails, or is not reached, because another one that it needs has not passed. The exit code is 0
    only when all have passed, 2 when an option, a setting or the contract is wrong, 130 when it was interrupted.

    On a platform that is there nothing is written, unless with --try. That is the answer to “no events show up”: it
    tells whether the request was refused, the event did not come, or it is not what the contract says.

    - `python -m bdd doctor` (the embedded stack: this machine, and a platform that is started for it)
    - `python -m bdd doctor -D stack=remote -D api_url=http://127.0.0.1:8001 -D bootstrap_servers=127.0.0.1:9092`
    - `python -m bdd doctor -D stack=attached -D project=NAME --try`
    """
    from bdd.commands.doctor.command import run_doctor  # noqa: PLC0415 - each command loads what it needs

    raise typer.Exit(run_doctor(settings_of(defined), as_json=json, try_it=try_it))


@stack_app.command(name="list", cls=Command)
def list_stacks() -> None:
    """Show what is in the container engine of runs that go on, were killed, or keep their platform."""
    from bdd.commands.prune import show  # noqa: PLC0415 - Docker's library, for these commands alone

    raise typer.Exit(show(typer.echo))


@stack_app.command(cls=Command)
def prune(
    kept: Annotated[
        bool,
        typer.Option("--kept", help="Also platforms that were kept (-D keep=yes) or started with docker compose."),
    ] = False,
    images: Annotated[bool, typer.Option("--images", help="Also the images that were built for runs.")] = False,
) -> None:
    """Remove what killed runs have left in the container engine. Runs that go on are not touched.

    A run's containers, networks, volumes and images carry its label. Nothing without that label is ever removed,
    but for the anonymous volumes of such containers, which go with them. Images of earlier builds, which have lost
    their name, go too.
    """
    from bdd.commands.prune import remove  # noqa: PLC0415 - Docker's library, for these commands alone

    raise typer.Exit(remove(typer.echo, kept=kept, images=images))
