"""Every use of behave beyond its documented interface, each with its reason and with what would replace it.

Checked against behave 1.3.3. After an update of behave, this is the only module of `bdd` to look at.
"""

import sys
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, chdir
from dataclasses import dataclass
from functools import wraps
from inspect import unwrap
from pathlib import Path
from typing import Any, Protocol

from behave import runner as behave_runner
from behave.configuration import Configuration
from behave.model import Feature, Scenario, Step
from behave.parser import State, parse_file
from behave.reporter.junit import JUnitReporter
from behave.runner import Context, Runner
from behave.runner_util import load_step_modules
from behave.step_registry import registry
from behave.tag_expression.model import And, Literal, Not, Or  # type: ignore[import-untyped]  # no types there
from behave.tag_expression.v1 import TagExpression as OldTagExpression  # type: ignore[import-untyped]  # as above
from behave.userdata import parse_user_define

from bdd.output.printable import fit_for_report


def current_runner() -> Runner:
    """Return the runner that loads the environment just now.

    Reason: only hooks are given it, and the first one comes after all steps and features have been loaded. Replaced
    by: a hook before that.

    Raises:
        LookupError: behave does not load it.
    """
    frame = sys._getframe()
    while frame := frame.f_back:  # type: ignore[assignment]  # None ends the loop
        if isinstance(runner := frame.f_locals.get("self"), Runner):
            return runner
    raise LookupError("environment.py is not loaded by behave")


def surround_loading(runner: Runner, surround: Callable[[], AbstractContextManager[None]]) -> None:
    """Let everything between the environment and the first hook happen in a context.

    Reason: behave prints what fails there, and passes it on to nothing. Replaced by: a reporter that gets it.
    """
    for owner, name in (
        (runner, "load_step_definitions"),
        (runner, "feature_locations"),
        (behave_runner, "parse_features"),
        (behave_runner, "make_formatters"),
    ):
        setattr(owner, name, _surrounded(getattr(owner, name), surround))


def _surrounded(
    call: Callable[..., Any], surround: Callable[[], AbstractContextManager[None]]
) -> Callable[..., Any]:
    @wraps(call)
    def surrounded(*args: Any, **options: Any) -> Any:
        with surround():
            return call(*args, **options)

    return surrounded


class Reporter(Protocol):
    """What behave calls a reporter: an object that it informs once a feature, or the whole run, has ended."""

    def feature(self, feature: Feature) -> None:
        """Take note of a feature that has ended or was left out."""

    def end(self) -> None:
        """Report; called once, when everything else has ended."""


def add_reporters(context: Context, *reporters: Reporter) -> None:
    """Let reporters speak after behave's own ones.

    Reason: a hook cannot print anything after behave's summary. Replaced by: an option that registers reporters.
    """
    context.config.reporters.extend(reporters)


def remove_junit_reporter(config: Any) -> None:
    """Let behave write no JUnit files of its own.

    Reason: they know neither causes nor the audit, and count what was not executed as passed. Replaced by: nothing,
    while `--junit` is an option of behave's.
    """
    config.reporters[:] = [each for each in config.reporters if not isinstance(each, JUnitReporter)]


def wrap_streams(context: Context, wrap: Callable[[Any], Any]) -> None:
    """Replace the streams of the formatters that print.

    Reason: a message may hold a secret, and formatters print it before any hook sees it. Replaced by: a hook that
    edits a message before it is printed.
    """
    for formatter in context._runner.formatters:
        if formatter.stream:  # one that opens its stream later prints names of scenarios only
            # behave closes a stream unless it is the opener's own one
            formatter.stream = formatter.stream_opener.stream = wrap(formatter.stream)


@dataclass(frozen=True)
class Explained:
    """The message of a failed step.

    Attributes:
        whole: all of it.
        printed: what formatters print of it.
        known: the number of its cause if that was printed before, otherwise None.
    """

    whole: str
    printed: str
    known: int | None = None


def explain_failures(explain: Callable[[Step, Exception], Explained]) -> None:
    """Let a function make the message of each step that fails, before anything reads it.

    The message is without secrets, and without characters that a terminal or XML cannot take.

    Reason: behave makes a text of it before it calls a hook; formatters read that text or the exception. Replaced
    by: the same hook as in `wrap_streams`.
    """
    original = unwrap(Step._process_error)

    @wraps(original)
    def explained(step: Step, exception: BaseException, *rest: Any, **options: Any) -> Any:
        text = original(step, exception, *rest, **options)
        if not isinstance(exception, Exception):
            return text
        explanation = explain(step, exception)
        if isinstance(exception, AssertionError):  # behave prints the traceback of every other one
            exception.args = (fit_for_report(explanation.whole),)
            text = f"ASSERT FAILED: {explanation.printed}"
        note_explanation(step, explanation)
        return fit_for_report(text)

    Step._process_error = explained  # type: ignore[method-assign, assignment]


def note_explanation(step: Step, explanation: Explained) -> None:
    """Keep on a failed step what `cause_printed_before` returns."""
    step.known_cause = explanation.known  # type: ignore[attr-defined]  # a note of this module alone


def cause_printed_before(step: Step) -> int | None:
    """Return the number of the cause of a failed step if it was printed before, otherwise None.

    Reason: a formatter gets only the step. Replaced by: nothing, it is only a note on the step.
    """
    return getattr(step, "known_cause", None)


def known_tags(context: Context) -> set[str]:
    """Return the tags that the scenarios have.

    Reason: behave passes when a misspelt tag selects nothing. Replaced by: a failure of behave's own in that case.
    """
    return {str(tag) for scenario in _scenarios(context) for tag in scenario.effective_tags}


def requested_tags(context: Context) -> set[str]:
    """Return the tags in the expression of `--tags` that a scenario should have, unlike those after a `not`.

    A pattern such as `@patient*` is not among them. The reason is that of `known_tags`.
    """
    expression = context.config.tag_expression
    if isinstance(expression, OldTagExpression):  # what `-x`, `~@x`, `@a,@b` and two `--tags` are parsed to
        return {tag for alternatives in expression.ands for tag in alternatives if not tag.startswith("-")}
    return _literals(expression, wanted=True)


def _literals(term: Any, *, wanted: bool) -> set[str]:
    if isinstance(term, Not):
        return _literals(term.term, wanted=not wanted)
    if isinstance(term, And | Or):
        return {tag for each in term.terms for tag in _literals(each, wanted=wanted)}
    return {term.name} if wanted and isinstance(term, Literal) else set()


def selected_tags(context: Context) -> list[set[str]]:
    """Return the tags of each scenario that behave will execute; the reason is that of `known_tags`."""
    return [set(map(str, scenario.effective_tags)) for scenario in _selected(context)]


def selected_features(context: Context) -> list[Feature]:
    """Return the features of which behave will execute something, or would if there were a scenario.

    Reason: a misspelt keyword makes text of a step, and behave passes. Replaced by: a failure of behave's own.
    """
    return [feature for feature in context._runner.features if feature.should_run(context.config)]


def is_selected(context: Context, scenario: Scenario) -> bool:
    """Return whether behave will execute a scenario or an outline; the reason is that of `selected_features`."""
    return bool(scenario.should_run(context.config))


def is_step(context: Context, sentence: str) -> bool:
    """Return whether a sentence without its keyword is a step; the reason is that of `selected_features`."""
    registry = context._runner.step_registry
    return any(step.match(sentence) for steps in registry.steps.values() for step in steps)


def line_of_open_text(feature: Feature) -> int | None:
    """Return the first line of a text of a step that is open at the file's end, None if there is no such text.

    Reason: what follows belongs to the text, scenarios too, and behave passes. Replaced by: a parser's error.
    """
    parser: Any = feature.parser
    return int(parser.multiline_start) if parser.state is State.MULTILINE_TEXT else None


def leave_out(context: Context, tag: str, reason: str) -> list[Scenario]:
    """Skip the scenarios that have a tag; return those that would have been executed.

    Reason: given a reason, `skip` prints a warning for each. Replaced by: an option that skips with a reason.
    """
    left_out = [scenario for scenario in _selected(context) if tag in scenario.effective_tags]
    _skip(context, left_out, reason)
    return left_out


def execute_only(context: Context, scenarios: Collection[Scenario], reason: str) -> None:
    """Skip all scenarios but some; the reason is that of `leave_out`.

    Args:
        context: behave's.
        scenarios: those that are not skipped.
        reason: why the others are.
    """
    kept = {id(scenario) for scenario in scenarios}
    _skip(context, [scenario for scenario in _selected(context) if id(scenario) not in kept], reason)


def _skip(context: Context, left_out: Collection[Scenario], reason: str) -> None:
    for scenario in left_out:
        scenario.skip()
        scenario.skip_reason = reason
    remaining = _selected(context)
    for feature in context._runner.features:
        own = list(feature.walk_scenarios())
        if any(each in own for each in left_out) and not any(each in own for each in remaining):
            feature.skip()  # otherwise its title is printed


def skip_everything(context: Context, *reporters: Reporter) -> None:
    """Let a run end that has not started; only the given reporters report it.

    Reason: after `context.abort()` behave would call the run aborted by the user, count an outline without a result
    as passed. Replaced by: an exception that ends a run from `before_all`.
    """
    context._runner.features.clear()
    context.config.reporters[:] = reporters


def let_fail(may_fail: Callable[[Scenario], bool]) -> None:
    """Let scenarios that may fail not turn the run red.

    Reason: the exit code follows from what each scenario's `run` returns, and from nothing else. Replaced by: an
    expected failure of behave's own.

    Args:
        may_fail: returns whether a scenario that has failed may do so.
    """
    original = unwrap(Scenario.run)

    @wraps(original)
    def run(scenario: Scenario, runner: Runner) -> bool:
        return bool(original(scenario, runner)) and not may_fail(scenario)

    Scenario.run = run  # type: ignore[method-assign]


def scenarios_to_execute(context: Context) -> list[Scenario]:
    """Return the scenarios that behave will execute; the reason is that of `known_tags`."""
    return _selected(context)


def fail_run(context: Context, *, by_user: bool) -> None:
    """Let behave end with exit code 1, and say that the user aborted the run only if that is true.

    Reason: an exception in `after_all` ends with 1 too, but is printed as a HOOK-ERROR. Replaced by: an exit code
    that a hook can set.
    """
    context._runner.hook_failures += 1
    context._runner.aborted = context.aborted and by_user


def parse_definition(text: str) -> tuple[str, str]:
    """Return name and value of what follows `-D`.

    Reason: the commands of `python -m bdd` read a setting exactly as behave does. Replaced by: nothing, while
    the function stays public.
    """
    name, value = parse_user_define(text)
    return name, value


def read_features(folder: Path) -> list[Feature]:
    """Return the features in a folder in the order of their files, their scenarios named as in a run.

    Reason: an outline's rows are named as the configuration says, which only a run reads. Replaced by: a function
    that reads features as a run does.

    Raises:
        ParserError: a file is not a feature.
    """
    with chdir(folder.parent):  # where the configuration is
        Configuration([])
        found = (parse_file(str(file.relative_to(folder.parent))) for file in sorted(folder.rglob("*.feature")))
        return [feature for feature in found if feature]


@dataclass(frozen=True)
class StepDefinition:
    """A step as its decorator and its function define it.

    Attributes:
        kind: `given`, `when` or `then`.
        pattern: the sentence with its parameters: `a {resource:Resource}`.
        function: the function.
        match: returns something true for a sentence without its keyword that is this step.
    """

    kind: str
    pattern: str
    function: Callable[..., Any]
    match: Callable[[str], object]


def read_steps(folder: Path) -> list[StepDefinition]:
    """Return the steps that the modules in a folder define, in the order in which they are written.

    Their parameter types must have been registered.

    Reason: only a run loads steps. Replaced by: a function of behave's that returns them.
    """
    if not any(registry.steps.values()):  # behave refuses to register a step again
        load_step_modules([str(folder)])
    matchers = [each for kind in ("then", "when", "given") for each in registry.steps[kind]]
    matchers.reverse()  # of several decorators, behave gets the last one first
    matchers.sort(key=lambda each: (each.location.filename, each.location.line))
    return [StepDefinition(str(each.step_type), each.pattern, each.func, each.match) for each in matchers]


def _selected(context: Context) -> list[Scenario]:
    return [scenario for scenario in _scenarios(context) if is_selected(context, scenario)]


def _scenarios(context: Context) -> list[Scenario]:
    return [scenario for feature in context._runner.features for scenario in feature.walk_scenarios()]
