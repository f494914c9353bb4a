"""Steps about the block of a therapist."""

from behave import then, when
from behave.runner import Context
from hamcrest import assert_that, has_entries

from bdd.domain.resources.therapists import ACTIVE, BLOCKED, REASON, RESOURCE, STATUS
from bdd.domain.world import world


@when("I block the therapist")
def block(context: Context) -> None:
    """Block the therapist without giving a reason."""
    world(context).update(world(context).the(RESOURCE), {STATUS: BLOCKED})


@when("I block the therapist because of “{reason}”")
def block_because(context: Context, reason: str) -> None:
    """Block the therapist and give the reason."""
    world(context).update(world(context).the(RESOURCE), {STATUS: BLOCKED, REASON: reason})


@when("I unblock the therapist")
def unblock(context: Context) -> None:
    """Make the blocked therapist active again."""
    world(context).update(world(context).the(RESOURCE), {STATUS: ACTIVE})


@then("the event gives “{reason}” as the reason of the block")
def gives_reason(context: Context, reason: str) -> None:
    """Compare the reason in the scenario's newest event; “(none)” is null."""
    event = world(context).newest_event()
    expected = None if reason == "(none)" else reason
    assert_that(event.payload, has_entries({"reason": expected}), str(event))
