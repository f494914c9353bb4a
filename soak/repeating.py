"""Repeats an action in the background."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager


@contextmanager
def again_and_again(action: Callable[[], None], tick: float) -> Iterator[None]:
    """Repeat the action in a thread until the block ends.

    Args:
        action: what is done; the block does not end before it has returned.
        tick: the seconds before each time.

    Raises:
        AssertionError: the action failed, so nothing was tested.
    """
    stop = threading.Event()

    def repeat() -> None:
        while not stop.wait(tick):
            action()

    with ThreadPoolExecutor(1) as pool:
        repeating = pool.submit(repeat)
        try:
            yield
        finally:
            stop.set()
    if error := repeating.exception():
        raise AssertionError(f"the traffic broke off, so nothing is proven: {error!r}") from error
