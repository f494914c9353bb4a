"""The checks that steps make: each waits, looks, and notes in the ledger what must hold until the run ends."""

from hamcrest import assert_that

from bdd.verdict.matchers import HasPublished, HasPublishedNothing
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
    # Another number than expected is known already, and no wait changes it.
    seen = observer.await_events(expected, timeout if len(expected) == times else 0)
    assert_that(seen, HasPublished(event_type, times, expected))
    return seen.after


def check_nothing_published(
    observer: Observer, step: str, after: int, event_type: str | None = None, *, other: bool = False
) -> None:
    """Check that no unexpected event (of the type) is published from a cursor on, now and until the run ends.

    Args:
        observer: the scenario's.
        step: the step that checks, in its own words.
        after: the cursor.
        event_type: the type, None for any.
        other: whether earlier steps have seen events, so that the message calls this one another.

    Raises:
        AssertionError: one was published.
    """
    seen = observer.await_fence(after)
    assert_that(seen, HasPublishedNothing(event_type, other=other))
    observer.scenario_log.expect_no_more(step, after, event_type)
