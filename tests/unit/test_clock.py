"""The difference of clocks: as exact as a header with whole seconds allows, never more certain than that."""

import time
from collections.abc import Callable, Mapping
from email.utils import formatdate

import pytest

from bdd.api import clock
from bdd.api.clock import ClockDifference, NoClock, service_clock_difference
from tests.support.builders import LONG_TIMEOUT
from tests.support.closed_port import closed_port
from tests.support.http_service import http_service


@pytest.fixture(autouse=True)
def _no_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "_SECONDS", LONG_TIMEOUT)


def difference_to(date: Callable[[], str | None]) -> ClockDifference:
    """Return the difference to a service whose Date header is what a function returns."""

    def respond(*_: object) -> tuple[int, bytes, Mapping[str, str]]:
        now = date()
        return 200, b"", {} if now is None else {"Date": now}

    with http_service(respond) as url:
        return service_clock_difference(url)


@pytest.mark.parametrize(("ahead", "words"), [(0, "agree"), (90, "s ahead"), (-90, "s behind")])
def test_the_truth_lies_between_the_limits(ahead: float, words: str) -> None:
    difference = difference_to(lambda: formatdate(time.time() + ahead, usegmt=True))
    assert difference.least <= ahead <= difference.most
    assert words in str(difference)
    assert difference.exceeds(2) == (ahead != 0)


@pytest.mark.parametrize(
    ("least", "most", "tolerance", "exceeds"),
    [(-0.5, 0.6, 0, False), (1.9, 2.9, 2, False), (2.1, 3.1, 2, True), (-3, -2.1, 2, True), (-3, -1.9, 2, False)],
)
def test_only_what_is_certain_exceeds(least: float, most: float, tolerance: float, exceeds: bool) -> None:
    assert ClockDifference(least, most).exceeds(tolerance) is exceeds


@pytest.mark.parametrize("date", [None, "soon"])
def test_a_response_without_a_date_is_reported(date: str | None) -> None:
    with pytest.raises(NoClock, match="responds without a Date header"):
        difference_to(lambda: date)


def test_a_service_that_does_not_respond_is_reported() -> None:
    with closed_port() as port, pytest.raises(NoClock, match="does not respond: ConnectionError"):
        service_clock_difference(f"http://127.0.0.1:{port}")
