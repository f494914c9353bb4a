"""The one wait: when it ends, what it raises, and what it says."""

import time
from collections.abc import Callable

import pytest
import tenacity

from bdd.system import waiting
from bdd.system.waiting import WaitAborted, wait_until
from tests.support.builders import stand_in


class Tries:
    """A condition that raises one error after another, then returns their number."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.count = 0

    def __call__(self) -> int:
        self.count += 1
        if self.errors:
            raise self.errors.pop(0)
        return self.count


class Clock:
    """Time that passes in pauses only, so that no busy machine changes how many tries there are."""

    def __init__(self) -> None:
        self.now = 0.0
        self.paused: list[float] = []

    def pause(self, seconds: float) -> None:
        self.paused.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    for module in (waiting, tenacity):
        monkeypatch.setattr(module, "time", stand_in(time, monotonic=lambda: made.now))
    return made


def never(error: Exception) -> Callable[[], int]:
    def condition() -> int:
        raise error

    return condition


def test_a_condition_that_holds_is_tried_once_and_its_value_returned() -> None:
    condition = Tries()
    assert wait_until(condition, description="it", timeout=60) == 1
    assert condition.count == 1


def test_no_time_still_means_one_try() -> None:
    assert wait_until(Tries(), description="it", timeout=0) == 1
    with pytest.raises(AssertionError, match=r"^it: not within 0 s \(1 try\)\. Last seen: not yet$"):
        wait_until(never(AssertionError("not yet")), description="it", timeout=0)


def test_passing_faults_are_tried_again() -> None:
    condition = Tries(AssertionError("not yet"), ConnectionError("refused"))
    retry_on = (AssertionError, ConnectionError)
    assert wait_until(condition, description="it", timeout=60, retry_on=retry_on, sleep=lambda _: None) == 3


def test_any_other_fault_is_raised_at_once() -> None:
    condition = Tries(AssertionError("not yet"), KeyError("a mistake"), AssertionError("never reached"))
    with pytest.raises(KeyError, match="a mistake"):
        wait_until(condition, description="it", timeout=60, sleep=lambda _: None)
    assert condition.count == 2


@pytest.mark.parametrize("retry_on", [(AssertionError,), (Exception,), (WaitAborted,)])
def test_giving_up_ends_the_wait_at_once(retry_on: tuple[type[Exception], ...]) -> None:
    condition = Tries(*[WaitAborted("inner")] * 9)
    with pytest.raises(WaitAborted, match=r"^the event: the broker ended with error X\. Last seen: inner$"):
        wait_until(
            condition,
            description="the event",
            timeout=60,
            retry_on=retry_on,
            abort_if=lambda: "the broker ended with error X.",
            sleep=lambda _: None,
        )
    assert condition.count == 1


def test_the_message_says_what_how_long_how_often_and_what_was_seen_last(clock: Clock) -> None:
    said = r"^the broker answers: not within 60 s \(4 tries\)\. Last seen: connection refused$"
    error, retry_on = ConnectionError("connection refused"), (ConnectionError,)
    with pytest.raises(AssertionError, match=said) as late:
        wait_until(
            never(error),
            description="the broker answers",
            timeout=60,
            interval=20,
            retry_on=retry_on,
            sleep=clock.pause,
        )
    assert late.value.__cause__ is error


def test_a_verdict_of_several_lines_stays_in_front() -> None:
    with pytest.raises(AssertionError) as late:
        wait_until(never(AssertionError("\nExpected: 1\n     but: 2\n")), description="the answer", timeout=0)
    lines = str(late.value).splitlines()
    assert lines == ["Expected: 1", "     but: 2", "  waited: for the answer: not within 0 s (1 try)"]


def test_what_was_seen_last_does_not_end_up_in_the_lines_of_a_log() -> None:
    reason = "the service ended\n    its last log lines:\n    ImportError: flask"
    with pytest.raises(WaitAborted) as late:
        wait_until(never(AssertionError("refused")), description="it", timeout=60, abort_if=lambda: reason)
    assert str(late.value).splitlines() == [
        "it: the service ended. Last seen: refused",
        "    its last log lines:",
        "    ImportError: flask",
    ]


@pytest.mark.parametrize(("every", "pauses"), [(100.0, [60.0]), (25.0, [25.0, 25.0, 10.0])])
def test_a_pause_never_lasts_beyond_the_deadline(every: float, pauses: list[float], clock: Clock) -> None:
    with pytest.raises(AssertionError):
        wait_until(
            never(AssertionError("not yet")), description="it", timeout=60, interval=every, sleep=clock.pause
        )
    assert clock.paused == pauses


def test_a_try_that_lasts_takes_its_time_from_the_next_pause(clock: Clock) -> None:
    def try_for_50_seconds() -> None:
        clock.now += 50
        raise AssertionError("not yet")

    with pytest.raises(AssertionError, match=r"not within 60 s \(2 tries\)"):
        wait_until(try_for_50_seconds, description="it", timeout=60, interval=20, sleep=clock.pause)
    assert clock.paused == [10.0]


def test_a_wait_brings_its_own_pause_where_none_is_given() -> None:
    assert wait_until(Tries(AssertionError("not yet")), description="it", timeout=60, interval=0.001) == 2


def test_the_default_interval_is_50_milliseconds(clock: Clock) -> None:
    wait_until(Tries(AssertionError("not yet")), description="it", timeout=60, sleep=clock.pause)
    assert clock.paused == [0.05]
