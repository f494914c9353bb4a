"""How far the platform's clock is from this machine's: events carry its timestamps, and steps compare them.

Of the service it can be told by any answer's Date header. Brokers have no request that tells their time without
writing a record, so theirs is not looked at.
"""

import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import requests

from bdd.system.network import session_for

_SECONDS = 5.0
# A Date header has whole seconds, rounded down.
_RESOLUTION = 1.0


class NoClock(Exception):
    """The service's clock could not be read; the sentence says why."""


@dataclass(frozen=True)
class ClockDifference:
    """How far another clock is ahead of this machine's: somewhere between two limits, in seconds.

    The header's resolution and the time that the answer took lie between them.
    """

    least: float
    most: float

    def exceeds(self, tolerance: float) -> bool:
        """Whether the clocks differ by more than the tolerance, wherever between the limits the truth is."""
        return self.least > tolerance or self.most < -tolerance

    def __str__(self) -> str:
        if self.least <= 0 <= self.most:
            return f"the clocks agree, as far as a whole second shows (within {max(-self.least, self.most):.1f} s)"
        direction, near, far = (
            ("ahead", self.least, self.most) if self.least > 0 else ("behind", -self.most, -self.least)
        )
        return f"the service's clock is {near:.1f} to {far:.1f} s {direction}"


def service_clock_difference(api_url: str) -> ClockDifference:
    """Ask the service for its time once.

    Raises:
        NoClock: it did not answer, or its answer has no date.
    """
    with session_for(api_url) as session:
        asked = time.time()
        try:
            answer = session.get(f"{api_url}/api/patients", params={"status": "offen"}, timeout=_SECONDS)
        except requests.RequestException as error:
            raise NoClock(f"the service at {api_url} does not answer: {type(error).__name__}") from error
        answered = time.time()
    try:
        date = parsedate_to_datetime(answer.headers["Date"]).timestamp()
    except (KeyError, ValueError):
        raise NoClock(f"the service at {api_url} answers without a Date header that can be read") from None
    return ClockDifference(date - answered, date + _RESOLUTION - asked)
