"""What some work costs: seconds by the clock, and of processor time."""

import os
import statistics
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

_Made = TypeVar("_Made")


class Cost(NamedTuple):
    """Seconds by the clock, and of processor time in this process and those that it has waited for."""

    clock: float
    processor: float


def measured(work: Callable[[], _Made]) -> tuple[_Made, Cost]:
    """Do some work, and return what it returns and what it cost."""
    clock, processor = time.perf_counter(), _processor_time()
    made = work()
    return made, Cost(time.perf_counter() - clock, _processor_time() - processor)


def median_of(costs: Sequence[Cost]) -> Cost:
    """Return the medians of both."""
    clock, processor = zip(*costs, strict=True)
    return Cost(statistics.median(clock), statistics.median(processor))


def load() -> str:
    """Return how many processors this machine has, and how busy it is where that is known."""
    busy = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{os.cpu_count()} processors{busy}"


def _processor_time() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
