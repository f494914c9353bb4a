"""Steps about the events that are published, or are not."""

from behave import then
from behave.runner import Context
from hamcrest import assert_that, contains_exactly, equal_to, has_length, is_

from bdd.contracts.event import Event
from bdd.domain.world import world
from bdd.verdict.checks import check_nothing_else_published, check_nothing_published, check_published
from bdd.verdict.matchers import has_kept_order


@then("a {event_type:EventType} event is published")
def published(context: Context, event_type: str) -> None:
    check_published(world(context).observer, event_type, world(context).deadline())


@then("a {event_type:EventType} event is published within {seconds:g} seconds")
def published_within(context: Context, event_type: str, seconds: float) -> None:
    check_published(world(context).observer, event_type, world(context).deadline(seconds))


@then("exactly one {event_type:EventType} event is published")
def published_once(context: Context, event_type: str) -> None:
    _check_exactly(context, event_type)


@then("exactly {count:d} {event_type:EventType} events are published")
def published_times(context: Context, count: int, event_type: str) -> None:
    _check_exactly(context, event_type, count)


@then("exactly {count:d} {event_type:EventType} events are published within {seconds:g} seconds")
def published_times_within(context: Context, count: int, event_type: str, seconds: float) -> None:
    _check_exactly(context, event_type, count, seconds)


@then("no event is published")
def nothing_published(context: Context) -> None:
    scenario = world(context)
    check_nothing_published(scenario.observer, scenario.step, scenario.after)


@then("no {event_type:EventType} event is published")
def none_published(context: Context, event_type: str) -> None:
    scenario = world(context)
    check_nothing_published(scenario.observer, scenario.step, scenario.after, event_type)


@then("no other event is published")
def nothing_else_published(context: Context) -> None:
    scenario = world(context)
    check_nothing_else_published(scenario.observer, scenario.step, scenario.began)


@then("each patient's events are in the order of the changes")
def in_order(context: Context) -> None:
    assert_that(world(context).observer, has_kept_order())


@then("the patient's events are, in this order")
def in_this_order(context: Context) -> None:
    in_order(context)
    events = world(context).observer.scenario_log.claims(world(context).patient.key)
    in_kafka = sorted(events, key=lambda event: (event.record.partition, event.record.offset))
    wanted = [row["event"] for row in context.table or ()]
    assert_that([event.type for event in in_kafka], contains_exactly(*wanted))


@then("all of them are in the same partition")
def same_partition(context: Context) -> None:
    events = _claims(context)
    partitions = {event.record.partition for event in events}
    assert_that(partitions, has_length(1), f"partitions of {len(events)} events")


@then("the event's {field:w} is “{value}”")
def has_field(context: Context, field: str, value: str) -> None:
    assert_that(_claims(context)[-1].fields[field], is_(equal_to(value)), f"the event's {field}")


@then("the event shows the patient's {field:w} as “{value}”")
def shows_field(context: Context, field: str, value: str) -> None:
    shown = _claims(context)[-1].payload["patient_data"][field]
    assert_that(shown, is_(equal_to(None if value == "(none)" else value)), f"the patient's {field} in the event")


@then("the event holds the patient's id and nothing else")
def holds_only_id(context: Context) -> None:
    assert_that(_claims(context)[-1].payload, is_(equal_to({"patient_id": world(context).patient.id})))


@then("the event's key is the patient's id")
def key_is_id(context: Context) -> None:
    assert_that(_claims(context)[-1].record.key, is_(equal_to(world(context).patient.key.encode())))


@then("every event has an id of its own")
def own_ids(context: Context) -> None:
    ids = [event.id for event in _claims(context)]
    assert_that(set(ids), has_length(len(ids)), "different event ids")


def _check_exactly(context: Context, event_type: str, times: int = 1, seconds: float | None = None) -> None:
    scenario = world(context)
    after = check_published(scenario.observer, event_type, scenario.deadline(seconds), times)
    check_nothing_else_published(scenario.observer, scenario.step, after, event_type)


def _claims(context: Context) -> list[Event]:
    """The events that earlier steps of the scenario have seen."""
    claims = world(context).observer.scenario_log.claims()
    assert claims, "no earlier step of this scenario has seen an event"
    return claims
