"""behave's hooks. They alone use its context, and pass plain values to the `Session`."""

import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from behave.model import Scenario, Step
from behave.runner import Context

from bdd.domain.world import world
from bdd.output.console import MaskedStream, escape_unencodable_output
from bdd.report.verdict import Verdict, no_service
from bdd.results.model import Head
from bdd.run.failures import Failures
from bdd.run.feature_files import errors_in
from bdd.run.identity import head_of
from bdd.run.results import RunResults
from bdd.run.selection import junit_file, selection_of
from bdd.run.shard import OwnShard, own_shard
from bdd.run.start import CANNOT_START, Request, results_place, start_session
from bdd.stacks.factory import new_run_id
from bdd.system import behave_internals


def before_all(context: Context) -> None:
    """Start the session. A run that cannot start prints the reason, executes nothing, and is red."""
    escape_unencodable_output()
    behave_internals.wrap_streams(context, MaskedStream)
    shard = _take_shard(context)
    request = _request(context, shard)
    verdict = context.verdict = Verdict()
    head = _begin_results(context, request, shard)
    results = context.results
    try:
        context.session = start_session(request, head.id, lambda stop: context.add_cleanup(results.noting(stop)))
        verdict.known = context.session.known
        behave_internals.let_fail(verdict.may_fail)
        verdict.folder, verdict.prints_each = context.session.evidence_folder, context.session.prints_each
        failures = Failures(verdict.causes, context.session)
        behave_internals.explain_failures(
            lambda step, error: failures.explain(world(context), context.scenario, step, error)
        )
        absent = {name: no_service(name, why) for name, why in context.session.stack.absent.items()}
        _leave_out(context, {**absent, **context.session.stack.lacking})
        results.begin(context.session.identify(head), context.session)
    except CANNOT_START as error:
        _skip_everything(context, str(error))
    except KeyboardInterrupt:
        _skip_everything(context, "the run was interrupted while it started")
    except Exception as error:
        verdict.abort_reason = f"nothing was executed: {type(error).__name__}: {error}"
        raise


def before_scenario(context: Context, scenario: Scenario) -> None:
    """Open a world for the scenario."""
    context.results.begin_scenario()
    context.world = context.session.open_world(scenario)


def before_step(context: Context, step: Step) -> None:
    """Note the step's sentence in the world, for messages."""
    context.results.begin_step(step)
    world(context).step = f"{step.keyword} {step.name}"


def after_step(context: Context, step: Step) -> None:
    """End the run after a failed step if every later scenario would fail for the same reason."""
    if step.status.has_failed() and (trouble := context.session.trouble()):
        context.verdict.end_early(trouble)
        context.abort(reason=trouble.splitlines()[0])


def after_scenario(context: Context, scenario: Scenario) -> None:
    """Close the scenario's world."""
    error = None
    try:
        context.session.close_world(world(context), failed=scenario.status.has_failed())
    except Exception as raised:
        error = raised
        raise
    finally:
        context.results.end_scenario(scenario, world(context), error)


def after_all(context: Context) -> None:
    """Audit a run that was executed to its end; fail every other one."""
    verdict: Verdict = context.verdict
    interrupted = context.aborted and verdict.abort_reason is None
    if interrupted:
        verdict.abort_reason = "the run was interrupted"
    if verdict.abort_reason is None:
        context.session.audit(verdict)
    if verdict.red:
        behave_internals.fail_run(context, by_user=interrupted)


def _take_shard(context: Context) -> OwnShard | None:
    """Let the run execute only the scenarios of the shard that the settings name, if they name one."""
    scenarios = behave_internals.scenarios_to_execute(context)
    shard = own_shard(context.config.userdata, selection_of(context.config), scenarios)
    if shard and shard.scenarios:
        behave_internals.execute_only(context, shard.scenarios, "it is executed in another shard")
    return shard


def _begin_results(context: Context, request: Request, shard: OwnShard | None) -> Head:
    """Begin the results, and return what identifies the run before it has started.

    Args:
        context: behave's.
        request: the run's options.
        shard: the shard, None for a whole run.
    """
    scenarios = behave_internals.scenarios_to_execute(context)
    folder, stack = results_place(request.userdata)
    selection = selection_of(context.config)
    head = head_of(new_run_id(), time.time(), selection, scenarios, shard, stack=stack)
    context.results = RunResults(folder, head, context.verdict, junit_file(context.config))
    behave_internals.add_reporters(context, context.results, context.verdict)
    return head


def _request(context: Context, shard: OwnShard | None) -> Request:
    config = context.config
    return Request(
        userdata=config.userdata,
        junit_directory=Path(config.junit_directory) if config.junit else None,
        feature_errors=_feature_errors(context),
        known_tags=behave_internals.known_tags(context),
        requested_tags=behave_internals.requested_tags(context),
        selected_tags=behave_internals.selected_tags(context),
        empty_shard=str(shard.shard) if shard and not shard.scenarios else "",
    )


def _feature_errors(context: Context) -> list[str]:
    is_selected = partial(behave_internals.is_selected, context)
    is_step = partial(behave_internals.is_step, context)
    features = behave_internals.selected_features(context)
    return [error for feature in features for error in errors_in(feature, is_selected, is_step)]


def _leave_out(context: Context, reasons: Mapping[str, str]) -> None:
    """Leave out the scenarios with a tag for something that the platform lacks, such as the name of a service.

    Args:
        context: behave's.
        reasons: why, as a clause, for each such tag.
    """
    for tag, why in reasons.items():
        scenarios = behave_internals.leave_out(context, tag, why)
        context.verdict.leave_out([f"{each.name} ({each.location})" for each in scenarios], why)


def _skip_everything(context: Context, reason: str) -> None:
    context.verdict.do_not_start(reason)
    behave_internals.skip_everything(context, context.results, context.verdict)
