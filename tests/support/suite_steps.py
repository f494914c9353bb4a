"""The suite's steps as behave knows them, for tests that look at them from outside."""

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any, cast

from behave.runner_util import load_step_modules
from behave.step_registry import registry

from bdd.domain.step_types import register_parameter_types


@cache
def steps(kind: str) -> Sequence[Any]:
    """Return behave's matchers of all steps of a kind: `given`, `when` or `then`."""
    if not registry.steps[kind]:  # behave refuses to register a step again
        register_parameter_types()
        cast("Callable[[list[str]], None]", load_step_modules)(["steps"])
    return tuple(registry.steps[kind])


def patterns(kind: str) -> Sequence[str]:
    """Return what the decorators of all steps of a kind say."""
    return [each.pattern for each in steps(kind)]


def bound(kind: str, sentence: str) -> tuple[str, Callable[[object], None]]:
    """Return the pattern of the step that a sentence means, and the step itself: it takes a context."""
    for step in steps(kind):
        if match := step.match(sentence):
            arguments = {argument.name: argument.value for argument in match.arguments}
            return step.pattern, partial(match.func, **arguments)
    raise AssertionError(f"the suite has no step “{kind} {sentence}”")
