"""Steps about the platform's topics."""

from behave import then
from behave.runner import Context
from hamcrest import assert_that, equal_to, is_

from bdd.domain.world import world


@then("the topic {topic} exists with {count:d} partitions")
def topic_exists(context: Context, topic: str, count: int) -> None:
    """See that the broker has the topic with this number of partitions."""
    existing = world(context).topics()
    assert topic in existing, (
        f"there is no topic {topic}, or the suite may not see it; "
        f"the broker shows: {', '.join(sorted(existing)) or 'none'}"
    )
    assert_that(existing[topic], is_(equal_to(count)), f"partitions of {topic}")
