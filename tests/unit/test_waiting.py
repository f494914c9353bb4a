"""The one wait: when it ends, what it raises, and what it says."""

import time
from collections.abc import Callable

import pytest

from bdd.waiting import CannotComeTrue, wait_until


class Tries:
    """A condition that raises one fault after another, then returns their number."""

    def __init__(self, *faults: Exception) -> None:
        self.faults = list(faults)
        self.count = 0

    def __call__(self) -> int:
        self.count += 1
        if self.faults:
            raise self.faults.pop(0)
        return self.count


def never(fault: Exception) -> Callable[[], int]:
    def condition() -> int:
        raise fault

    return condition


def test_a_condition_that_holds_is_tried_once_and_its_value_returned() -> None:
    condition = Tries()
    assert wait_until(condition, what="it", within=1) == 1
    assert condition.count == 1


def test_no_time_still_means_one_try() -> None:
    assert wait_until(Tries(), what="it", within=0) == 1
    with pytest.raises(AssertionError, match=r"^it: not within 0 s \(1 try\)\. Last seen: not yet$"):
        wait_until(never(AssertionError("not yet")), what="it", within=0)


def test_passing_faults_are_tried_again() -> None:
    condition = Tries(AssertionError("not yet"), ConnectionError("refused"))
    passing = (AssertionError, ConnectionError)
    assert wait_until(condition, what="it", within=60, passing=passing, pause=lambda _: None) == 3


def test_any_other_fault_is_raised_at_once() -> None:
    condition = Tries(AssertionError("not yet"), KeyError("a mistake"), AssertionError("never reached"))
    with pytest.raises(KeyError, match="a mistake"):
        wait_until(condition, what="it", within=60, pause=lambda _: None)
    assert condition.count == 2


@pytest.mark.parametrize("passing", [(AssertionError,), (Exception,), (CannotComeTrue,)])
def test_giving_up_ends_the_wait_at_once(passing: tuple[type[Exception], ...]) -> None:
    condition = Tries(*[CannotComeTrue("inner")] * 9)
    with pytest.raises(CannotComeTrue, match=r"^the event: the broker has ended\. Last seen: inner$"):
        wait_until(
            condition,
            what="the event",
            within=60,
            passing=passing,
            give_up=lambda: "the broker has ended",
            pause=lambda _: None,
        )
    assert condition.count == 1


def test_the_message_says_what_how_long_how_often_and_what_was_seen_last() -> None:
    said = r"^the broker answers: not within 0\.06 s \([2-9]\d* tries\)\. Last seen: connection refused$"
    fault = ConnectionError("connection refused")
    with pytest.raises(AssertionError, match=said) as late:
        wait_until(never(fault), what="the broker answers", within=0.06, every=0.02, passing=(ConnectionError,))
    assert late.value.__cause__ is fault


def test_a_verdict_of_several_lines_stays_in_front() -> None:
    with pytest.raises(AssertionError) as late:
        wait_until(never(AssertionError("\nExpected: 1\n     but: 2\n")), what="the answer", within=0)
    lines = str(late.value).splitlines()
    assert lines == ["Expected: 1", "     but: 2", "  waited: for the answer: not within 0 s (1 try)"]


@pytest.mark.parametrize(("every", "longest"), [(60.0, 0.05), (0.01, 0.01)])
def test_a_pause_never_lasts_beyond_the_deadline(every: float, longest: float) -> None:
    asked: list[float] = []

    def pause(seconds: float) -> None:
        asked.append(seconds)
        time.sleep(seconds)

    with pytest.raises(AssertionError):
        wait_until(never(AssertionError("not yet")), what="it", within=0.05, every=every, pause=pause)
    assert asked, "there was time for a second try"
    assert all(0 <= seconds <= longest for seconds in asked), asked
