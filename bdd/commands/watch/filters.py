"""The filters of the watch."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from bdd.contracts import asyncapi as contract
from bdd.contracts.event import NotAnEvent, read_event
from bdd.kafka.record import Record


class NothingMatches(Exception):
    """A filter that no record can match; the message lists what there is."""


@dataclass(frozen=True)
class Filters:
    """The records to show: those that match every filter. An empty filter matches all.

    Attributes:
        topics: names of topics; they may contain `*`.
        types: event types; they may contain `*`.
        patients: ids of patients.

    Raises:
        NothingMatches: the contract has no such topic or type, or no patient can have such an id.
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
                raise NothingMatches(
                    f"No patient has the id {patient!r}. Ids are whole numbers from 1 on: --patient 17"
                )

    def match(self, record: Record) -> bool:
        """Return whether a record matches; one that is not an event has no type, and its key is its patient."""
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


def _check(kind: str, patterns: Sequence[str], known: Sequence[str]) -> None:
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in known):
            raise NothingMatches(f"The contract has no {kind} {pattern or repr('')}; there are: {', '.join(known)}")


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
