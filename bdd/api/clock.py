"""The difference between the service's clock and this machine's: steps compare timestamps of both.

Every response has the service's time in its Date header. A broker's time cannot be read without writing a record,
so it is not checked.
"""

import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path

import requests

from bdd.system.http import session_for

_SECONDS = 5.0
# A Date header has whole seconds, rounded down.
_RESOLUTION = 1.0


class NoClock(Exception):
    """The service's clock could not be read; the message is a sentence with the reason."""


@dataclass(frozen=True)
class ClockDifference:
    """How far another clock is ahead of this machine's: somewhere between two limits, in seconds.

    They are apart by the header's resolution and the time that the response took.
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


def service_clock_difference(api_url: str, ca: Path | None = None) -> ClockDifference:
    """Request the service's time once.

    Args:
        api_url: the service's address.
        ca: as for `session_for`.

    Raises:
        NoClock: it did not respond, or its response has no date.
    """
    with session_for(api_url, ca) as session:
        sent = time.time()
        try:
            response = session.get(api_url, timeout=_SECONDS, allow_redirects=False)
        except requests.RequestException as error:
            raise NoClock(f"the service at {api_url} does not respond: {type(error).__name__}") from error
        received = time.time()
    try:
        date = parsedate_to_datetime(response.headers["Date"]).timestamp()
    except (KeyError, ValueError):
        raise NoClock(f"the service at {api_url} responds without a Date header that can be parsed") from None
    return ClockDifference(date - received, date + _RESOLUTION - sent)
