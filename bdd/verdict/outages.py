"""The outages that the run has made: after one, a service may publish again what it published just before."""

import math
import time
from dataclasses import dataclass, field

from bdd.contracts.differences import differences
from bdd.contracts.event import Event

_BEFORE_SECONDS = 5.0
_AFTER_SECONDS = 10.0


@dataclass
class Outages:
    """When the run kept something away that the services need, in seconds since 1970 UTC."""

    _began: list[float] = field(default_factory=list)
    _ended: list[float] = field(default_factory=list)

    def begin(self) -> None:
        """Note that an outage begins."""
        self._began.append(time.time())

    def end(self) -> None:
        """Note that it has ended."""
        self._ended.append(time.time())

    def between(self, began: float, ended: float) -> list[tuple[float, float]]:
        """Return beginning and end of each outage within a time; one that goes on ends with the time."""
        spans = zip(self._began, [*self._ended, ended], strict=False)
        return [(since, until) for since, until in spans if since < ended and until > began]

    def __bool__(self) -> bool:
        """Whether there was one."""
        return bool(self._began)

    def may_repeat(self, first: Event, again: Event) -> bool:
        """Return whether a service may have published an event again because of an outage.

        It may come again unchanged, within ten seconds after an outage, if it came first just before the outage.

        Args:
            first: the event as it was claimed.
            again: an event that came later.
        """
        if differences("", again.fields, first.fields) or again.record.topic != first.record.topic:
            return False
        return any(
            began - _BEFORE_SECONDS <= first.record.received <= end
            and began <= again.record.received <= end + _AFTER_SECONDS
            for began, end in zip(self._began, [*self._ended, math.inf], strict=False)
        )
