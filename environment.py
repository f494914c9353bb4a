"""The hooks of behave. Each is a few lines: what they do is in `bdd`."""

from behave.model import Scenario, Step
from behave.runner import Context

from bdd.domain.world import world
from bdd.run import hooks
from bdd.run.step_types import register_parameter_types

register_parameter_types()


def before_all(context: Context) -> None:
    hooks.begin_run(context)


def before_scenario(context: Context, scenario: Scenario) -> None:
    context.world = context.run.open_world(scenario)


def before_step(context: Context, step: Step) -> None:
    world(context).step = f"{step.keyword} {step.name}"


def after_step(context: Context, step: Step) -> None:
    if step.status.has_failed():
        context.run.keep_evidence(world(context), context.scenario, step)
        hooks.end_run_if_broken(context)


def after_scenario(context: Context, scenario: Scenario) -> None:
    context.run.close_world(world(context), scenario)


def after_all(context: Context) -> None:
    hooks.end_run(context)
