"""Steps about random lives of patients, and about patients that live at the same time."""

from behave import then, when
from behave.runner import Context

from bdd.domain.random_patients.gherkin import from_table
from bdd.domain.random_patients.player import live
from bdd.domain.random_patients.report import play_random_lives
from bdd.domain.world import world


@when("patients live random lives")
def live_random_lives(context: Context) -> None:
    play_random_lives(world(context))


@when("these patients live at the same time")
def live_at_the_same_time(context: Context) -> None:
    assert context.table is not None, "this step needs a table with a column for each patient"
    live(world(context), from_table(context.table.headings, context.table.rows))


@then("each life has left the events that the model says, and no others")
def lives_are_right(context: Context) -> None:
    counterexample = world(context).counterexample
    assert counterexample is not None, "no random lives have been lived: “When patients live random lives”"
    assert not counterexample, counterexample
