"""Which records are to be shown."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from bdd.contracts import asyncapi as contract
from bdd.contracts.event import NotAnEvent, read_event
from bdd.kafka.record import Record


class WantsNothing(Exception):
    """Nothing could ever match; the sentence says what there is."""


@dataclass(frozen=True)
class Wanted:
    """Topics, event types (both may hold `*`) and patients. An empty one wants all.

    Raises:
        WantsNothing: the contract has no such topic or type, or no patient can have such an id: a misspelt one
            would show nothing for ever.
    """

    topics: Sequence[str] = ()
    types: Sequence[str] = ()
    patients: Sequence[str] = ()

    def __post_init__(self) -> None:
        known = contract.current()
        _check("topic", self.topics, list(known.partitions))
        _check("event type", self.types, list(known.topic_of))
        for patient in self.patients:
            if not re.fullmatch(r"[1-9][0-9]*", patient):
                raise WantsNothing(
                    f"No patient has the id {patient!r}. Ids are whole numbers from 1 on: --patient 17"
                )

    def includes(self, record: Record) -> bool:
        """Tell whether a record is wanted; one that is no event has no type, and no patient but its key."""
        if self.topics and not _matches(record.topic, self.topics):
            return False
        if not self.types and not self.patients:
            return True
        event = read_event(record)
        if isinstance(event, NotAnEvent):
            return not self.types and record.key_text in self.patients
        if self.types and not _matches(event.type, self.types):
            return False
        payload = event.payload if isinstance(event.payload, dict) else {}
        concerns = {record.key_text, str(payload.get("patient_id"))}
        return not self.patients or not concerns.isdisjoint(self.patients)


def _check(what: str, patterns: Sequence[str], known: Sequence[str]) -> None:
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in known):
            raise WantsNothing(f"The contract has no {what} {pattern or repr('')}; there are: {', '.join(known)}")


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
