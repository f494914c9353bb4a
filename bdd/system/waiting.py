"""The only wait for something to come true: no other module tries again and again against a deadline.

What tries for ever pauses by itself, as the two threads of a recorder do: on the event that ends it.
"""

import time
from collections.abc import Callable
from typing import TypeVar

from tenacity import RetryError, Retrying, retry_if_exception, stop_after_delay, wait_fixed

T = TypeVar("T")


class WaitAborted(AssertionError):
    """The wait ended early, because its condition can no longer hold."""


def wait_until(
    condition: Callable[[], T],
    *,
    description: str,
    timeout: float,
    retry_on: tuple[type[Exception], ...] = (AssertionError,),
    abort_if: Callable[[], str | None] = lambda: None,
    sleep: Callable[[float], object] = time.sleep,
    interval: float = 0.05,
) -> T:
    """Return what `condition` returns as soon as it raises nothing; it is tried at least once.

    def responds() -> int:
        status = requests.get(url, timeout=1).status_code
        assert status == 200, f"its status is {status}"
        return status

    wait_until(responds, description="the service", timeout=10, retry_on=(AssertionError, requests.ConnectionError))

    Args:
        condition: called repeatedly; raises one of `retry_on` as long as it does not hold.
        description: what is waited for, for the message ("the broker answers").
        timeout: the deadline, in seconds on a monotonic clock.
        retry_on: the exceptions that mean "not yet"; any other is raised at once.
        abort_if: called after each failed try; returns the reason if waiting has become pointless, otherwise None.
        sleep: called with the seconds until the next try; may return earlier, when there is news.
        interval: seconds between two tries.

    Raises:
        WaitAborted: `abort_if` gave a reason.
        AssertionError: the deadline passed. Both say what was waited for, how long, and what was seen last.
    """
    began = time.monotonic()
    tries = 0

    def one_try() -> T:
        nonlocal tries
        tries += 1
        try:
            return condition()
        except retry_on as not_yet:
            if reason := abort_if():
                raise WaitAborted(_message(description, reason, not_yet)) from not_yet
            raise

    def is_passing(error: BaseException) -> bool:
        return isinstance(error, retry_on) and not isinstance(error, WaitAborted)

    def until_deadline(seconds: float) -> None:
        sleep(max(0.0, min(seconds, began + timeout - time.monotonic())))

    retrying = Retrying(
        retry=retry_if_exception(is_passing),
        stop=stop_after_delay(timeout),
        wait=wait_fixed(interval),
        sleep=until_deadline,
    )
    try:
        return retrying(one_try)
    except RetryError as late:
        last = late.last_attempt.exception()
        waited = f"not within {timeout:g} s ({tries} {'try' if tries == 1 else 'tries'})"
        raise AssertionError(_message(description, waited, last)) from last


def _message(description: str, reason: str, last_seen: BaseException | None) -> str:
    """Return the message. A verdict of several lines comes first, because its first line describes it best.

    A reason of several lines ends with lines of a log, and nothing may follow them.
    """
    seen = str(last_seen).strip()
    if "\n" in seen:
        return f"{seen}\n  waited: for {description}: {reason}"
    first, newline, log = reason.partition("\n")
    return f"{description}: {first.rstrip('.')}. Last seen: {seen or type(last_seen).__name__}{newline}{log}"
