"""Why the journal does not hold all that was published: the sentences about it, with what to do."""

import time
from collections.abc import Mapping

Partition = tuple[str, int]

_WHY_SLOW = "next: see whether the broker throttles this client by a quota, and whether this machine is overloaded"


class Incomplete(Exception):
    """The journal does not hold all that was published, and will not; the message says why, and what to do."""


class Lag:
    """How far the positions of a consumer are behind the end offsets of a moment.

    Args:
        ends: the end offsets.
        positions: the positions, which move.
    """

    def __init__(self, ends: Mapping[Partition, int], positions: Mapping[Partition, int]) -> None:
        self._ends = ends
        self._positions = positions
        self._least = self.records
        self._since = time.monotonic()

    @property
    def records(self) -> int:
        """How many records have not been read yet; markers of transactions are counted too."""
        return sum(self._of_each().values())

    @property
    def places(self) -> list[Partition]:
        """The partitions of which something has not been read."""
        return list(self._of_each())

    def seconds(self) -> float:
        """Return for how long nothing of it has been read."""
        if (now := self.records) < self._least:
            self._least, self._since = now, time.monotonic()
        return time.monotonic() - self._since

    def __str__(self) -> str:
        """The lag in words."""
        lag = self._of_each()
        places = ", ".join(
            f"{place[0]}/{place[1]} is read up to {self._ends[place] - left} of {self._ends[place]}"
            for place, left in lag.items()
        )
        count = sum(lag.values())
        return f"the recorder is {count} record{'' if count == 1 else 's'} behind: {places}\n    {_WHY_SLOW}"

    def _of_each(self) -> dict[Partition, int]:
        lag = {place: end - self._positions.get(place, 0) for place, end in self._ends.items()}
        return {place: left for place, left in lag.items() if left > 0}


def stopped(error: Exception) -> str:
    """Return the sentence about a recorder whose thread has ended."""
    if isinstance(error, OSError) and error.filename:
        return (
            f"the recorder cannot write {error.filename}: {error.strerror}\n"
            "    next: make room there; -D run_dir=… names another folder for what a run needs while it lasts"
        )
    return f"the recorder has stopped reading: {error}\n    next: see its log"


def held_back(place: Partition, offset: int) -> str:
    """Return the sentence about a transaction that is open from an offset on."""
    topic, partition = place
    return (
        f"an open transaction on {topic}/{partition} holds back what was published from offset {offset} on: "
        "its producer has neither committed nor aborted it\n"
        f"    next: kafka-transactions.sh --bootstrap-server … describe-producers --topic {topic} --partition "
        f"{partition}   # whose is it?\n"
        "    the broker aborts it when the producer's transaction.timeout.ms has passed"
    )
