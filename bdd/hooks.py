"""What the hooks of `environment.py` do at the beginning and at the end of a run."""

import atexit
from pathlib import Path

from behave.model import Feature
from behave.reporter.junit import JUnitReporter
from behave.runner import Context

from bdd.endings import ignore_endings, let_endings_interrupt
from bdd.events import contract
from bdd.events.schema import event_schemas
from bdd.masking import mask
from bdd.report.console import durations, say
from bdd.report.folders import CannotWrite, check_writable
from bdd.report.junit import write_audit
from bdd.report.masked import mask_formatters
from bdd.run import Run
from bdd.settings import Settings, load_settings


def begin_run(context: Context) -> None:
    """Check settings, contract and selection, then start the run; whatever happens, it will be stopped."""
    settings = load_settings(context.config.userdata)
    mask_formatters(context._runner.formatters)  # behave has no public way to them
    if settings.contract:
        event_schemas(contract.use(settings.contract))
    _check_selection(context)
    _check_folders(context, settings)
    let_endings_interrupt()  # behave cleans up after SIGINT only
    run = context.run = Run(settings)
    context.add_cleanup(_end_run, run)
    atexit.register(run.stop)  # in case a second signal ends the clean-up
    run.start()


def end_run_if_broken(context: Context) -> None:
    """End the run when something has broken that every later scenario would fail of too."""
    if trouble := context.run.stack.trouble():
        say(f"\nThe run ends here: {trouble}")
        context.abort(reason=trouble.splitlines()[0])


def audit_run(context: Context) -> None:
    """Audit a run that went to its end.

    Raises:
        AssertionError: nothing was executed, or something is left unexplained.
    """
    if context.aborted:
        return
    run: Run = context.run
    assert run.scenarios, "nothing was executed: no scenario matches what was asked for"
    findings = run.audit()
    if context.config.junit:
        write_audit(Path(context.config.junit_directory), findings)
    report = mask("\n".join(f"  {finding}" for finding in findings))
    count = "1 thing" if len(findings) == 1 else f"{len(findings)} things"
    assert not findings, f"the audit found {count} that no scenario explains:\n{report}"


def _end_run(run: Run) -> None:
    ignore_endings()
    run.stop()
    run.end_phase("stop")
    say(f"\nTime: {durations(run.seconds)}; {run.scenarios} scenarios on the {run.settings.stack} stack")


def _check_folders(context: Context, settings: Settings) -> None:
    """What a run leaves must be writable before it begins.

    Raises:
        CannotWrite: it is not.
    """
    try:
        check_writable(settings.evidence_dir, "-D evidence_dir=…")
        if context.config.junit:
            check_writable(Path(context.config.junit_directory), "--junit-directory …")
    except CannotWrite:
        # behave would write its report all the same, and fail with a traceback.
        context.config.reporters = [
            each for each in context.config.reporters if not isinstance(each, JUnitReporter)
        ]
        raise


def _check_selection(context: Context) -> None:
    """A run that would execute nothing must not pass, and need not start anything to say so.

    Raises:
        AssertionError: a tag was asked for that no scenario carries, or nothing is selected.
    """
    features: list[Feature] = context._runner.features  # behave has no public way to them
    scenarios = [scenario for feature in features for scenario in feature.walk_scenarios()]
    known = {str(tag) for scenario in scenarios for tag in scenario.effective_tags}
    asked = {tag.lstrip("@") for tag in _tags_in(context)}
    if unknown := sorted(tag for tag in asked - known if "*" not in tag):
        names = ", ".join(f"@{tag}" for tag in unknown)
        raise AssertionError(f"no scenario has the tag {names}; there are: {', '.join(sorted(known)) or 'none'}")
    if not any(scenario.should_run(context.config) for scenario in scenarios):
        raise AssertionError("nothing would be executed: no scenario matches what was asked for")


def _tags_in(context: Context) -> set[str]:
    words = str(context.config.tag_expression).replace("(", " ").replace(")", " ").split()
    return {word for word in words if word not in {"and", "or", "not", "true"}}
