"""The commands of `python -m bdd`."""

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

stack_app = typer.Typer(no_args_is_help=True, help="What runs have put into the container engine.")
app.add_typer(stack_app, name="stack")


@app.callback()
def commands() -> None:
    """What the acceptance suite can do beside running its features. Those are run by: behave features/ ."""


@app.command()
def prove(
    only: Annotated[list[str] | None, typer.Option(help="Put on this defect alone; may be repeated.")] = None,
    show: Annotated[bool, typer.Option("--list", help="Show the defects and end.")] = False,
    jobs: Annotated[int, typer.Option(min=1, max=16, help="How many defects at a time.")] = 6,
) -> None:
    """Prove that the suite notices every defect of the platform's events, and that its message names it.

    The reference service is started with one defect at a time, put on from outside, and the features that look
    at it are run. First of all the sound service must pass.

    A defect is killed when a scenario fails or the audit finds something, and named when the first lines of
    that say what is wrong. What survives shows a hole in the features; what is not named, a poor message.

    Leaves reports/prove/prove.html and prove.json. The exit code is 0 only when every defect was killed and named.

    Try: python -m bdd prove --only key-none --only status-enum-name
    """
    from tests.proof.command import run_proof, show_defects  # noqa: PLC0415 - the tests, for this command alone

    if show:
        show_defects()
        return
    raise typer.Exit(run_proof(only or [], jobs))


@stack_app.command(name="list")
def list_stacks() -> None:
    """Show what is in the container engine of runs that go on, were killed, or keep their platform."""
    from bdd.containers.pruning import show  # noqa: PLC0415 - Docker's library, for these commands alone

    raise typer.Exit(show(typer.echo))


@stack_app.command()
def prune(
    kept: Annotated[
        bool, typer.Option("--kept", help="Also platforms that were to be kept (-D keep=yes).")
    ] = False,
    images: Annotated[bool, typer.Option("--images", help="Also the images that were built for runs.")] = False,
) -> None:
    """Remove what killed runs have left in the container engine. Runs that go on are not touched.

    A run's containers, networks and volumes carry its label; nothing without that label is ever removed.
    """
    from bdd.containers.pruning import remove  # noqa: PLC0415 - Docker's library, for these commands alone

    raise typer.Exit(remove(typer.echo, kept=kept, images=images))
