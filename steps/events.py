"""Steps about the events that are published, or are not."""

from behave import then
from behave.runner import Context
from hamcrest import assert_that, contains_exactly, equal_to, has_entries, is_

from bdd.contracts.asyncapi import noun_of
from bdd.domain.resource import Resource
from bdd.domain.test_data import read_value
from bdd.domain.world import world
from bdd.verdict.checks import check_nothing_published, check_published
from bdd.verdict.matchers import HasKeptOrder


@then("a {event_type:EventType} event is published")
@then("a {event_type:EventType} event is published within {seconds:g} seconds")
def published(context: Context, event_type: str, seconds: float | None = None) -> None:
    """Wait for the event of the action before, and compare its topic, key, envelope and whole payload."""
    check_published(world(context).observer, event_type, world(context).deadline(seconds))


@then("exactly one {event_type:EventType} event is published")
@then("exactly {count:d} {event_type:EventType} events are published")
@then("exactly {count:d} {event_type:EventType} events are published within {seconds:g} seconds")
def published_exactly(context: Context, event_type: str, count: int = 1, seconds: float | None = None) -> None:
    """Wait for the events of the actions before, compare each, and see that no further one of the type comes."""
    scenario = world(context)
    after = check_published(scenario.observer, event_type, scenario.deadline(seconds), count)
    check_nothing_published(scenario.observer, scenario.step, after, event_type, other=True)


@then("no event is published")
@then("no {event_type:EventType} event is published")
def nothing_published(context: Context, event_type: str | None = None) -> None:
    """See that the last action has published nothing, or nothing of the type, now and until the run ends."""
    scenario = world(context)
    check_nothing_published(scenario.observer, scenario.step, scenario.after, event_type)


@then("no other event is published")
def nothing_else_published(context: Context) -> None:
    """See that the whole scenario has published only what earlier steps have seen."""
    scenario = world(context)
    check_nothing_published(scenario.observer, scenario.step, scenario.began, other=True)


@then("each {resource:Resource}'s events are in the order of the changes")
def in_order(context: Context, resource: Resource) -> None:
    """See that the events of each one are in one partition, in the order in which the changes were made."""
    assert_that(world(context).observer, HasKeptOrder(resource.noun))


@then("the {resource:Resource}'s events are, in this order")
def in_this_order(context: Context, resource: Resource) -> None:
    """Compare the types of all of its events, in Kafka's order, with a table that has the column event."""
    in_order(context, resource)
    key = world(context).the(resource).key
    events = [
        each
        for each in world(context).events()
        if each.record.key_text == key and noun_of(each.type) == resource.noun
    ]
    in_kafka = sorted(events, key=lambda event: (event.record.partition, event.record.offset))
    expected = [row["event"] for row in context.table or ()]
    assert_that([event.type for event in in_kafka], contains_exactly(*expected))


@then("the event's {field:w} is “{value}”")
def has_field(context: Context, field: str, value: str) -> None:
    """Compare a field of the envelope of the scenario's newest event."""
    event = world(context).newest_event()
    assert_that(event.fields, has_entries({field: value}), str(event))


@then("the event shows the {resource:Resource}'s {field:w} as “{value}”")
def shows_field(context: Context, resource: Resource, field: str, value: str) -> None:
    """Compare a field of the data in the scenario's newest event; “(none)” is null."""
    event = world(context).newest_event()
    data = has_entries({field: read_value(resource, field, value)})
    assert_that(event.payload, has_entries({f"{resource.noun}_data": data}), str(event))


@then("the event holds the {resource:Resource}'s id and nothing else")
def holds_only_id(context: Context, resource: Resource) -> None:
    """Compare the whole payload of the scenario's newest event."""
    event = world(context).newest_event()
    only_id = {f"{resource.noun}_id": world(context).the(resource).id}
    assert_that(event.payload, is_(equal_to(only_id)), str(event))


@then("the event's key is the {resource:Resource}'s id")
def key_is_id(context: Context, resource: Resource) -> None:
    """Compare the key of the scenario's newest event with the id in the service's response."""
    event = world(context).newest_event()
    assert_that(event.record.key, is_(equal_to(str(world(context).the(resource).id).encode())), str(event))


@then("every event has an id of its own")
def own_ids(context: Context) -> None:
    """See that no two events of the scenario have the same eventId."""
    events = world(context).events()
    for event in events:
        first = next(each for each in events if each.id == event.id)
        assert event.fields == first.fields, (
            f'{event} has the eventId "{event.id}" of {first}, but is another event'
        )
