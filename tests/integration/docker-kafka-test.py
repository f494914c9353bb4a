"""Prints the ready `docker run …` that watches the running platform's events inside its Docker network."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

sys.path.insert(0, str(Path(__file__).parents[2]))  # it is run by its path, from wherever

from bdd.containers.console import console_consumer, find_running_platform, run_console
from bdd.containers.engine import ContainersError, connect, translated_errors
from bdd.contracts import asyncapi as contract
from bdd.stacks.factory import new_run_id

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="markdown")


@app.command()
def main(
    project: Annotated[
        str | None, typer.Option(metavar="NAME", help="The Docker Compose project, where several run.")
    ] = None,
    run: Annotated[bool, typer.Option("--run", help="Run the command in place of printing it.")] = False,
) -> None:
    """Print the command that watches a running platform's events from inside its Docker network.

    The broker is advertised as `kafka:9092`, which resolves there only. Network, image, broker and topics are those
    of the platform that is found; the command works as pasted, and Ctrl-C ends it. Only the command goes to stdout,
    or with --run the records; its container is removed when the script ends.

    - `python tests/integration/docker-kafka-test.py`
    - `python tests/integration/docker-kafka-test.py --run`
    - `python tests/integration/docker-kafka-test.py --project NAME | sh`

    It shows raw records by Kafka's own tool, and payloads are health data where the patients are real.
    `python -m bdd watch -D stack=attached -D project=NAME` shows events, and holds them against the contract.
    """
    if project is not None and not project.strip():
        typer.echo("--project has no name behind it. Those of the projects that run: docker compose ls", err=True)
        raise typer.Exit(2)
    topics = list(contract.current().partitions)
    try:
        with translated_errors():
            client = connect()
            name, platform = find_running_platform(client, project)
            typer.echo(
                f"Events of the project {name}, from now on, on the network {platform.network.name}:", err=True
            )
            if run:
                raise typer.Exit(run_console(client, platform, topics, new_run_id()))
            typer.echo(shlex.join(console_consumer(platform, topics, terminal=_in_terminal())))
    except ContainersError as error:
        typer.echo(error, err=True)
        raise typer.Exit(1) from error


def _in_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


if __name__ == "__main__":
    app()
