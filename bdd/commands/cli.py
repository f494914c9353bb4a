"""The commands of `python -m bdd`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from bdd.commands.options import (
    Command,
    Defined,
    Group,
    GroupWithOthers,
    option_for_each_resource,
    settings_of,
)

# Markdown: the lines of a docstring's paragraph flow, and an indented line is a command to copy.
app = typer.Typer(
    cls=GroupWithOthers,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)

Results = Annotated[
    Path | None,
    typer.Argument(
        metavar="RESULTS",
        help="A file of results, or a folder, whose newest file is meant. By default, the folder is results_dir.",
    ),
]

stack_app = typer.Typer(
    cls=Group, no_args_is_help=True, help="List and remove what runs have left in the container engine."
)
app.add_typer(stack_app, name="stack")


@app.callback()
def commands() -> None:
    """Commands of the acceptance suite. The features themselves run with `behave features/`."""


@app.command(cls=Command)
@option_for_each_resource
def watch(
    *,
    defined: Defined = None,
    event_type: Annotated[
        list[str] | None,
        typer.Option(
            "--type", metavar="TYPE", help="Show only this event type, such as 'patient.*'; may be repeated."
        ),
    ] = None,
    topic: Annotated[
        list[str] | None, typer.Option(metavar="TOPIC", help="Show only this topic; may be repeated.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object per line, for pipes.")] = False,
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="End after N records.", show_default=False)
    ] = None,
    **ids: list[str] | None,
) -> None:
    """Show events live, as they are published: time, topic/partition@offset, key, type and payload.

    By default it starts a platform to play with and prints its address; -D stack=compose starts one in Docker.
    -D stack=attached and -D stack=remote follow a platform that runs already. Violations of the contract are
    marked. A record that is not an event is shown with the reason, unless --type is given. Earlier records are not
    shown, and no other consumer misses a record.

    Payloads are health data if the people are real. They are printed here and stored only in the recorder's
    journal, which is removed when the watch ends. Take care where you send the output.

    Ctrl-C ends the watch and removes everything it started. Events go to stdout, everything else to stderr.

    The exit code is 0 after Ctrl-C, a closed pipe or --limit; 1 after an error; 2 if an option, a setting or the
    contract is wrong; 130 if Ctrl-C came before the watch began or before --limit was reached.

    - `python -m bdd watch --type 'patient.*'`
    - `python -m bdd watch -D stack=remote -D api_url=http://127.0.0.1:8001 -D bootstrap_servers=127.0.0.1:9092`
    - `python -m bdd watch -D stack=attached -D project=NAME --json | jq .payload`
    """
    from bdd.commands.watch.command import run_watch  # noqa: PLC0415 - each command loads what it needs
    from bdd.commands.watch.filters import Filters, NothingMatches  # noqa: PLC0415 - the same

    settings = settings_of(defined)
    try:
        filters = Filters(topic or (), event_type or (), {noun: given for noun, given in ids.items() if given})
    except NothingMatches as error:
        typer.echo(error, err=True)
        raise typer.Exit(2) from error
    raise typer.Exit(run_watch(settings, filters, json=json, limit=limit))


@app.command(cls=Command)
def doctor(
    *,
    defined: Defined = None,
    try_it: Annotated[
        bool, typer.Option("--try", help="Also create one of each resource, check its event, and delete it again.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Look at one stack, check by check, and name the next command to type.

    A check passes, fails, or is not reached because a check that it depends on has not passed. The exit code is 0
    only if all have passed, 2 if an option, a setting or the contract is wrong, and 130 after an interruption.

    On a platform that runs already nothing is written, except with --try. That option answers “no events show up”:
    it reports whether the request was refused, the event did not come, or the event breaks the contract.

    - `python -m bdd doctor` (the embedded stack: this machine, and a platform that is started for it)
    - `python -m bdd doctor -D stack=remote -D api_url=http://127.0.0.1:8001 -D bootstrap_servers=127.0.0.1:9092`
    - `python -m bdd doctor -D stack=attached -D project=NAME --try`
    """
    from bdd.commands.doctor.command import run_doctor  # noqa: PLC0415 - each command loads what it needs

    raise typer.Exit(run_doctor(settings_of(defined), as_json=json, try_it=try_it))


@app.command(cls=Command)
def stories(
    *,
    defined: Defined = None,
    language: Annotated[
        Literal["en", "de"], typer.Option(metavar="en|de", help="The language of the words around the features.")
    ] = "en",
    output: Annotated[
        Path, typer.Option(metavar="DIR", help="Where the pages are made; other files there stay.")
    ] = Path("reports/stories"),
    pdf: Annotated[bool, typer.Option("--pdf", help="Also make stories.pdf, by Chromium.")] = False,
) -> None:
    """Make the story book: what the platform promises, for people who never open the project.

    It is a folder of pages that open from disk: each capability with its scenarios, their last results and the
    dates, and all steps with what each does and an example. Nothing has to run first. The features stay in their
    own language. docs/stories.md says more.

    The exit code is 0 if all was made; 1 if a page cannot be written, or the PDF cannot be made; 2 if an option, a
    setting, the contract or a feature is wrong.

    - `python -m bdd stories`
    - `python -m bdd stories --language de --output public/stories --pdf`
    - `python -m bdd stories -D results_dir=nightly/results`
    """
    from bdd.commands.stories import run_stories  # noqa: PLC0415 - each command loads what it needs

    raise typer.Exit(run_stories(settings_of(defined).results_dir, output, language, pdf=pdf))


@app.command(cls=Command)
def report(
    results: Results = None,
    *,
    defined: Defined = None,
    output: Annotated[Path, typer.Option(metavar="DIR", help="The folder in which the pages are made.")] = Path(
        "reports/pages"
    ),
    language: Annotated[
        Literal["en", "de"], typer.Option(metavar="en|de", help="The language of the pages.")
    ] = "en",
    single: Annotated[
        bool,
        typer.Option(
            "--single", help="Make one file for a mail; only scenarios that are not kept have a page in it."
        ),
    ] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="Also make report.pdf, with Chromium.")] = False,
) -> None:
    """Make pages about a run, for people: the verdict, its causes, what has changed since the last run, the gaps.

    They are made from the results of the run and from the earlier ones beside them, and open from disk in any
    browser: nothing is loaded from the network. docs/report.md says what they show. The address of the first page
    is printed. Files of results that cannot be read are named and passed over.

    The exit code says whether the report was made, and does not depend on the verdict: 0 if it was; 1 if it cannot
    be written, or if --pdf finds no Chromium (the pages are made then); 2 if there are no results that can be read,
    or an option or a setting is wrong.

    - `python -m bdd report`
    - `python -m bdd report --language de --single --output morning`
    - `python -m bdd report results/20261127-210155-k3xw9a.json --pdf`
    """
    from bdd.commands.report import run_report  # noqa: PLC0415 - each command loads what it needs
    from bdd.pages.report import Form  # noqa: PLC0415 - the same

    form = Form(language=language, single=single)
    settings = settings_of(defined, contracts=False)
    raise typer.Exit(run_report(results, settings.results_dir, output, form, newest=settings.history, pdf=pdf))


@app.command(cls=Command)
def merge(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE", help="The results of all shards; a folder stands for the files in it."),
    ],
    into: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write this file; without it, one beside the first of the others."),
    ] = None,
) -> None:
    """Join the results of a run's shards into the results of one run, and print its verdict.

    Each scenario is in it once, with the findings and causes of all shards. A shard that was run twice counts once,
    as it was run last. A shard that is missing, cannot be read or was killed makes the verdict red. Give the files
    of one run only: an old file would take the place of a shard that is missing.

    The exit code is 0 if the verdict is green; 1 if it is red; 2 if the files are not those of one run's shards
    (their selections, commits, features or contracts differ, or one is a whole run), or nothing can be written.

    - `python -m bdd merge shard-1.json shard-2.json shard-3.json --into results/merged.json`
    - `python -m bdd merge downloaded/ --into results/merged.json`
    """
    from bdd.commands.merge import run_merge  # noqa: PLC0415 - each command loads what it needs

    raise typer.Exit(run_merge(files, into, typer.echo))


@app.command(cls=Command)
def rerun(
    results: Results = None,
    defined: Defined = None,
) -> None:
    """Run the scenarios again that failed or were not executed in the last run.

    They have the settings of that run, except those that are given now: with -D, in the environment, in .env.
    Secrets are not kept in results, and have to be given again. Scenarios are found by their names, so a feature
    may have changed since; scenarios that no longer exist are named.

    The exit code is that of behave: 0 if all of them pass, 1 if not. Without a scenario to run again it is 0 if
    that run was green, and 1 if it was red for another reason, such as what its audit found. It is 2 if there are
    no results that can be read, or none of the scenarios exists any more.

    - `python -m bdd rerun`
    - `python -m bdd rerun results/20261127-210155-k3xw9a.json -D deadline=10`
    """
    from bdd.commands.rerun import rerun as run_again  # noqa: PLC0415 - each command loads what it needs

    raise typer.Exit(run_again(results, defined or (), typer.echo))


@app.command(cls=Command)
def export(
    results: Results = None,
    *,
    defined: Defined = None,
    ctrf: Annotated[Path | None, typer.Option(metavar="FILE", help="Write this file as CTRF (JSON).")] = None,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Write this file as JUnit (XML).")] = None,
) -> None:
    """Write the results of a run, or of merged shards, in formats that CI servers read.

    The findings of the audit, clean-ups that failed, and the reason why a run was not executed to its end are
    failed test cases there: a run that is red looks red everywhere. A known failure counts as skipped (JUnit) or as
    other (CTRF).

    The exit code does not depend on the verdict: 0 if all files are written; 1 if one cannot be written; 2 if there
    are no results that can be read, no file is named, or an option or a setting is wrong.

    - `python -m bdd export --junit reports/junit/run.xml --ctrf reports/ctrf.json`
    - `python -m bdd export results/merged.json --junit merged.xml`
    """
    from bdd.commands.export import export as write_files  # noqa: PLC0415 - each command loads what it needs

    results_dir = settings_of(defined, contracts=False).results_dir
    raise typer.Exit(write_files(results, results_dir, ctrf, junit, typer.echo))


@app.command(cls=Command)
def nightly(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(metavar="FEATURES", help="What to run, as behave takes it; after -- also behave's options."),
    ] = None,
    *,
    defined: Defined = None,
    report: Annotated[Path, typer.Option(metavar="DIR", help="The folder in which the report is made.")] = Path(
        "reports/nightly"
    ),
    language: Annotated[
        Literal["en", "de"], typer.Option(metavar="en|de", help="The language of the report and the notice.")
    ] = "en",
    shard: Annotated[
        str | None, typer.Option(metavar="N/COUNT", help="Run only this part of the scenarios, such as 2/3.")
    ] = None,
    results: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Judge these results, such as merged ones, and run nothing."),
    ] = None,
) -> None:
    """Run the suite for a scheduler: run it, judge it, make the report, send a notice.

    The run is that of `behave features/` with the same settings: it brings the stack up and takes it down, and
    leaves its results in -D results_dir. The report is made from them. Each receiver of BDD_NOTIFY_TO gets a
    notice: always (-D notify=always), if something has changed since the last run (change), or unless all promises
    were kept (failure). After -D time_limit minutes the run is ended, and what it has done until then is reported.
    Only one night runs on a platform at a time: a second one ends at once, and names the process of the first.

    With --shard, the night only leaves its results: `python -m bdd merge` joins those of all shards, and
    `python -m bdd nightly --results FILE` judges the merged run, makes the report and sends the notice.

    The exit code is 0 if all promises were kept; 1 if some were broken; 2 if the platform could not be judged: the
    stack did not come up, nothing was executed, the run was ended before a promise was broken, another night is
    running, an option or a setting is wrong. What goes wrong in the history, the report or a notice is printed to
    stderr, named in the notice, and changes no exit code.

    - `python -m bdd nightly` (a platform of its own, with a real Apache Kafka)
    - `python -m bdd nightly -D stack=compose -D time_limit=30`
    - `BDD_NOTIFY_TO='mailto://… slack://…' python -m bdd nightly -D notify=change -D report_url=https://…`
    - `python -m bdd nightly -D stack=attached -D project=NAME -- --tags=@deleted`
    """
    from bdd.nightly.night import Order, notify_of_wrong_settings, run_night  # noqa: PLC0415 - each command loads what it needs
    from bdd.nightly.receivers import leave  # noqa: PLC0415 - the same

    given = [*(defined or ()), *([f"shard={shard}"] if shard else [])]
    try:
        settings = settings_of(given)
    except typer.Exit as wrong:
        notify_of_wrong_settings(str(wrong.__cause__))
        raise
    order = Order(
        settings=settings,
        arguments=[*(f"-D{each}" for each in given), *(arguments or ["features/"])],
        report=report,
        language=language,
        results=results,
    )
    leave(run_night(order))


@stack_app.command(name="list", cls=Command)
def list_stacks() -> None:
    """List what active, killed and kept runs have in the container engine."""
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
    """Remove what killed runs have left in the container engine. Active runs are not touched.

    A run's containers, networks, volumes and images carry its label. Nothing else is removed, except the
    anonymous volumes of such containers. Images of earlier builds, which have no name any more, are removed too.
    """
    from bdd.commands.prune import remove  # noqa: PLC0415 - Docker's library, for these commands alone

    raise typer.Exit(remove(typer.echo, kept=kept, images=images))
