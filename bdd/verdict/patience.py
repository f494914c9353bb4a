"""How long to wait for an event: not as long as the deadline once several of its type did not come."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bdd.contracts.asyncapi import noun_of
from bdd.verdict.expectation import Expectation

_TRIES = 3
_SHORTEST_SECONDS = 0.1
_FACTOR = 10


@dataclass(frozen=True)
class Wait:
    """How long to wait, and why not longer.

    Attributes:
        seconds: how long.
        instead_of: the deadline that was waited for in vain before, None if this is the deadline.
    """

    seconds: float
    instead_of: float | None = None

    @property
    def is_short(self) -> bool:
        """Whether it is shorter than the deadline."""
        return self.instead_of is not None

    def __str__(self) -> str:
        """The wait when it has ended in vain."""
        if self.instead_of is None:
            return f"{self.seconds:g} s were waited"
        return (
            f"not waited for longer than {self.seconds:.2g} s: {_TRIES} events before it were waited for "
            f"{self.instead_of:g} s in vain"
        )


class Patience:
    """Remembers which events were waited for in vain.

    Three expectations have the whole deadline: of a type that has not come yet, three of this type; of one whose
    usual time is known, three of all the types of its service. Later ones have only several times as long as the
    type's events usually took, for the run is red already; what comes later all the same is for the audit.
    """

    def __init__(self) -> None:
        self._vain: Counter[str] = Counter()  # of a type, and of a noun, which stands for its service
        self._deadlines: dict[str, float] = {}
        self._took: dict[str, list[float]] = {}

    def seconds(self, expected: Sequence[Expectation], timeout: float) -> Wait:
        """Return how long to wait for the events of some expectations, which have one type.

        Args:
            expected: the expectations.
            timeout: their deadline, in seconds.
        """
        event_type = next((each.event_type for each in expected), "")
        took = self._took.get(event_type)
        name = noun_of(event_type) if took else event_type
        if self._vain[name] < _TRIES:
            return Wait(timeout)
        short = max(_FACTOR * median(took) if took else 0, _SHORTEST_SECONDS)
        return Wait(short, self._deadlines[name]) if short < timeout else Wait(timeout)

    def note_vain(self, expected: Sequence[Expectation], timeout: float) -> None:
        """Note that some of these did not come in time.

        Args:
            expected: the expectations.
            timeout: their deadline, in seconds.
        """
        for each in expected:
            if each.claim is None:
                each.deadline = timeout
                for name in (each.event_type, noun_of(each.event_type)):
                    self._vain[name] += 1
                    self._deadlines.setdefault(name, timeout)

    def note_claim(self, expectation: Expectation) -> None:
        """Note how long an event took that fulfilled an expectation."""
        if expectation.seconds is not None:
            self._took.setdefault(expectation.event_type, []).append(expectation.seconds)
