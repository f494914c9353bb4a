"""What the hooks of `environment.py` do at the beginning and at the end of a run."""

import atexit
from pathlib import Path

from behave.model import Feature
from behave.runner import Context

from bdd.contracts import asyncapi as contract
from bdd.contracts.asyncapi import InvalidContract
from bdd.output.console import counted, durations, say
from bdd.output.encoding import escape_unencodable_output
from bdd.output.folders import CannotWrite, check_writable
from bdd.report.junit import remove_old_reports, write_audit, write_broken_run
from bdd.report.masked import mask_formatters
from bdd.report.verdict import Verdict, announce_verdict, fail_run, skip_everything
from bdd.run.session import Run
from bdd.settings.settings import InvalidSetting, Settings, load_settings
from bdd.stacks.base import CannotStart
from bdd.system.signals import ignore_signals, raise_interrupt_on_signals
from bdd.verdict.schema import event_schemas


class NothingSelected(Exception):
    """What was asked for leads to no scenario; the sentence says why."""


def begin_run(context: Context) -> None:
    """Check settings, contract and selection, then start the run; whatever happens, it will be stopped.

    A run that cannot start says why in a sentence, executes nothing, and is red.
    """
    escape_unencodable_output()
    verdict = context.verdict = announce_verdict(context)
    if context.config.junit:
        remove_old_reports(Path(context.config.junit_directory))
    try:
        _start(context, _checked_settings(context))
    except (InvalidSetting, InvalidContract, CannotWrite, CannotStart, NothingSelected) as error:
        _do_not_begin(context, str(error))
    except KeyboardInterrupt:
        _do_not_begin(context, "The run was interrupted while it started.")
    except Exception as error:
        verdict.broken = f"nothing was executed: {type(error).__name__}: {error}"
        raise


def end_run_if_broken(context: Context) -> None:
    """End the run when something has broken that every later scenario would fail of too."""
    if trouble := context.run.stack.trouble():
        say(f"\nThe run ends here: {trouble}")
        context.verdict.broken = f"the run ended early: {trouble}"
        context.abort(reason=trouble.splitlines()[0])


def end_run(context: Context) -> None:
    """Audit a run that went to its end; one that did not is red, and leaves a JUnit file that says why."""
    verdict: Verdict = context.verdict
    interrupted = context.aborted and verdict.broken is None
    if interrupted:
        verdict.broken = "the run was interrupted"
    if verdict.broken is None:
        _audit(context, verdict)
    if verdict.broken is not None and context.config.junit:
        write_broken_run(Path(context.config.junit_directory), verdict.broken)
    if verdict.red:
        fail_run(context, by_user=interrupted)


def _checked_settings(context: Context) -> Settings:
    settings = load_settings(context.config.userdata)
    mask_formatters(context._runner.formatters)  # behave has no public way to them
    if settings.contract:
        event_schemas(contract.use(settings.contract))
    _check_selection(context)
    _check_folders(context, settings)
    return settings


def _start(context: Context, settings: Settings) -> None:
    raise_interrupt_on_signals()  # behave cleans up after SIGINT only
    run = context.run = Run(settings)
    context.add_cleanup(_end_run, run)
    atexit.register(run.stop)  # in case a second signal ends the clean-up
    run.start()


def _audit(context: Context, verdict: Verdict) -> None:
    run: Run = context.run
    if not run.scenarios:
        verdict.broken = "nothing was executed: no scenario matches what was asked for"
        return
    try:
        findings = run.audit()
    except AssertionError as error:
        say(f"\n{error}")
        verdict.broken = str(error)
        return
    verdict.findings = len(findings)
    if context.config.junit:
        write_audit(Path(context.config.junit_directory), findings)
    if findings:
        say("\n".join(["\nThe audit found what no scenario explains:", *(f"  {each}" for each in findings)]))


def _do_not_begin(context: Context, why: str) -> None:
    say(why)
    context.verdict.broken = f"nothing was executed: {why}"
    skip_everything(context)


def _end_run(run: Run) -> None:
    ignore_signals()
    run.stop()
    say(f"\nTime: {durations(run.seconds)}; {counted(run.scenarios, 'scenario')} on the {run.settings.stack} stack")


def _check_folders(context: Context, settings: Settings) -> None:
    """What a run leaves must be writable before it begins.

    Raises:
        CannotWrite: it is not.
    """
    check_writable(settings.evidence_dir, "-D evidence_dir=…")
    if context.config.junit:
        check_writable(Path(context.config.junit_directory), "--junit-directory …")


def _check_selection(context: Context) -> None:
    """A run that would execute nothing must not pass, and need not start anything to say so.

    Raises:
        NothingSelected: a tag was asked for that no scenario carries, or nothing is selected.
    """
    features: list[Feature] = context._runner.features  # behave has no public way to them
    scenarios = [scenario for feature in features for scenario in feature.walk_scenarios()]
    known = {str(tag) for scenario in scenarios for tag in scenario.effective_tags}
    asked = {tag.lstrip("@") for tag in _tags_in(context)}
    if unknown := sorted(tag for tag in asked - known if "*" not in tag):
        names = ", ".join(f"@{tag}" for tag in unknown)
        raise NothingSelected(f"No scenario has the tag {names}; there are: {', '.join(sorted(known)) or 'none'}")
    if not any(scenario.should_run(context.config) for scenario in scenarios):
        raise NothingSelected("No scenario matches what was asked for.")


def _tags_in(context: Context) -> set[str]:
    words = str(context.config.tag_expression).replace("(", " ").replace(")", " ").split()
    return {word for word in words if word not in {"and", "or", "not", "true"}}
