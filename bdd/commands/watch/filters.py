"""The filters of the watch."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from bdd.contracts import asyncapi as contract
from bdd.contracts.event import NotAnEvent, read_event
from bdd.domain.resources import resources
from bdd.kafka.record import Record


class NothingMatches(Exception):
    """A filter that no record can match; the message lists what there is."""


@dataclass(frozen=True)
class Filters:
    """The records to show: those that match every filter. An empty filter matches all.

    Attributes:
        topics: names of topics; they may contain `*`.
        types: event types; they may contain `*`.
        ids: noun of a resource -> ids. A record that is about one of them matches.

    Raises:
        NothingMatches: the contract has no such topic or type, or nothing can have such an id.
    """

    topics: Sequence[str] = ()
    types: Sequence[str] = ()
    ids: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = contract.current()
        _check("topic", self.topics, list(known.partitions))
        _check("event type", self.types, list(known.topic_of))
        for noun, given in ((noun, each) for noun, ids in self.ids.items() for each in ids):
            if not re.fullmatch(r"[1-9][0-9]*", given):
                raise NothingMatches(
                    f"No {noun} has the id {given!r}. Ids are whole numbers from 1 on: --{noun} 17"
                )

    def match(self, record: Record) -> bool:
        """Return whether a record matches; one that is not an event has no type, and is about what its key says."""
        if self.topics and not _matches(record.topic, self.topics):
            return False
        if not self.types and not self.ids:
            return True
        event = read_event(record)
        if isinstance(event, NotAnEvent):
            return not self.types and self._matches_id(record, {})
        if self.types and not _matches(event.type, self.types):
            return False
        payload = event.payload if isinstance(event.payload, dict) else {}
        return not self.ids or self._matches_id(record, payload)

    def _matches_id(self, record: Record, payload: Mapping[str, object]) -> bool:
        """A key is an id on the topic of its resource only; a payload says itself what it is about."""
        return any(
            str(payload.get(f"{noun}_id")) in ids
            or (record.topic == resources()[noun].topic and record.key_text in ids)
            for noun, ids in self.ids.items()
        )


def _check(kind: str, patterns: Sequence[str], known: Sequence[str]) -> None:
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in known):
            raise NothingMatches(f"The contract has no {kind} {pattern or repr('')}; there are: {', '.join(known)}")


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
