"""The commands of `python -m bdd`."""

from typing import Annotated

import typer

from bdd.commands.options import Command, Defined, Group, settings_of

# Markdown: the lines of a docstring's paragraph flow, and an indented line is a command to copy.
app = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)

stack_app = typer.Typer(cls=Group, no_args_is_help=True, help="What runs have put into the container engine.")
app.add_typer(stack_app, name="stack")

_NO_TESTS = (
    "This command needs the project's tests, which are not here; the suite's image holds none. "
    "Run it in a clone of the project: make prove"
)


@app.callback()
def commands() -> None:
    """What the acceptance suite can do beside running its features. Those are run by: behave features/ ."""


@app.command(cls=Command)
def prove(
    only: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Put on this defect alone; may be repeated.")
    ] = None,
    show: Annotated[bool, typer.Option("--list", help="Show the defects and end.")] = False,
    jobs: Annotated[int, typer.Option(min=1, max=16, metavar="N", help="How many defects at a time.")] = 6,
) -> None:
    """Prove that the suite notices every defect of the platform's events, and that its message names it.

    The reference service is started with one defect at a time, put on from outside, and the features that look
    at it are run. First of all the sound service must pass.

    A defect is killed when a scenario fails or the audit finds something, and named when the first lines of
    that say what is wrong. What survives shows a hole in the features; what is not named, a poor message.

    Leaves reports/prove/prove.html and prove.json. It needs the tests, and so runs in a clone only.

    The exit code is 0 only when every defect was killed and named, 1 when one was not or nothing could be proven,
    2 when an option or a setting is wrong, 130 when it was interrupted.

    - `python -m bdd prove --only key-none --only status-enum-name`
    """
    try:
        from proof.command import run_proof, show_defects  # noqa: PLC0415 - the tests, for this command alone
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] != "proof":
            raise
        typer.echo(_NO_TESTS, err=True)
        raise typer.Exit(2) from missing

    if show:
        show_defects()
        return
    raise typer.Exit(run_proof(only or [], jobs))


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
