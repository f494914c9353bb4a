"""Steps about clients that act at the same time, as a scenario says or at random."""

from behave import then, when
from behave.runner import Context

from bdd.domain.random_programs.model import PATTERNS, action
from bdd.domain.random_programs.player import carry_out
from bdd.domain.random_programs.report import play_random_programs
from bdd.domain.world import world


def plan(context: Context, client: int, **_: object) -> None:
    """Plan an action of a client; its actions follow each other on a patient of its own."""
    scenario = world(context)
    words = scenario.step.partition(", ")[2]
    action(words)  # what it names must be in the contract; this step is the one to say so
    scenario.plans.setdefault(client, []).append(words)


for _pattern in PATTERNS:
    when(f"as client {{client:d}}, {_pattern}")(plan)


@when("all clients do this at the same time")
def carry_out_plans(context: Context) -> None:
    """Let every client carry out its planned actions, all clients at the same time."""
    scenario = world(context)
    assert scenario.plans, "no client has anything to do: “When as client 1, I create a patient”"
    program = tuple(tuple(map(action, plan)) for plan in scenario.plans.values())
    scenario.plans.clear()
    carry_out(scenario, program)


@when("clients carry out random sequences of actions")
def carry_out_random_programs(context: Context) -> None:
    """Play the random programs of this run; the settings model_seed and model_programs choose them."""
    play_random_programs(world(context))


@then("every sequence has published the events that the model predicts, and no others")
def random_programs_are_right(context: Context) -> None:
    """See that no program has contradicted the model; the shortest one that does is printed."""
    assert world(context).programs_are_played, (
        "no random sequences have been carried out: “When clients carry out random sequences of actions”"
    )
    if wrong := world(context).counterexample:
        raise wrong
