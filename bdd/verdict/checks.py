"""The checks that steps make: each waits, looks, and notes in the ledger what must hold until the run ends."""

from hamcrest import assert_that

from bdd.verdict.matchers import has_published, has_published_nothing, has_published_nothing_else
from bdd.verdict.observer import Observer


def check_published(observer: Observer, event_type: str, timeout: float, times: int = 1) -> int:
    """Wait for the events of a type that the scenario's actions caused; return the cursor where they begin.

    Args:
        observer: the scenario's.
        event_type: the type of the events.
        timeout: the deadline, in seconds.
        times: how many events are expected.

    Raises:
        AssertionError: one of them did not come in time, or the actions caused another number.
    """
    expected = observer.scenario_log.open(event_type)
    seen = observer.await_events(expected, timeout)
    assert_that(seen, has_published(event_type, times, expected))
    return seen.after


def check_nothing_published(observer: Observer, step: str, after: int, event_type: str | None = None) -> None:
    """Check that no event (of the type) is published from a cursor on, now and until the run ends.

    Args:
        observer: the scenario's.
        step: the step that checks, in its own words.
        after: the cursor.
        event_type: the type, None for any.

    Raises:
        AssertionError: one was published.
    """
    seen = observer.await_fence(after)
    assert_that(seen, has_published_nothing(event_type))
    observer.scenario_log.expect_no_more(step, after, event_type)


def check_nothing_else_published(observer: Observer, step: str, after: int, event_type: str | None = None) -> None:
    """Check the same after other steps have seen their events; the message calls it another one."""
    seen = observer.await_fence(after)
    assert_that(seen, has_published_nothing_else(event_type))
    observer.scenario_log.expect_no_more(step, after, event_type)
