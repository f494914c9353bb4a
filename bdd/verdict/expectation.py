"""An expectation: one event that the contract says must follow an action, down to its last field."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bdd.contracts import asyncapi as contract
from bdd.contracts import differences as comparing
from bdd.verdict.event import Event, key_in_words

_VARYING = {"eventId": "a UUID as text", "timestamp": "an ISO 8601 time"}


@dataclass(eq=False)
class Expectation:
    """One event that must be published.

    Attributes:
        event_type: for instance `patient.created`; topic and producer follow from it.
        key: the record's key as text.
        payload: the whole payload: a field more or less is a difference.
        step: the step whose action causes the event, in its own words.
        after: the journal's cursor when the action began: only what came later can fulfil it.
        requested_at: when the action began, in seconds since 1970 UTC.
        request: the request and its answer in a line, for messages.
        before: the payload as it would have been right before the action, None where that is not known.
        claim: the event that fulfilled it, None as long as none did.
    """

    event_type: str
    key: str
    payload: Mapping[str, Any]
    step: str
    after: int
    requested_at: float
    request: str = ""
    before: Mapping[str, Any] | None = None
    claim: Event | None = None
    looked_to: int = field(init=False)

    def __post_init__(self) -> None:
        self.looked_to = self.after

    @property
    def topic(self) -> str:
        """The topic on which the contract requires it."""
        return contract.current().topic_of[self.event_type]

    def __str__(self) -> str:
        """The expectation in a few words: `patient.created on patient-events with key "5"`."""
        return f'{self.event_type} on {self.topic} with key "{self.key}"'

    def differences(self, event: Event, clock_tolerance: float) -> list[str]:
        """Return a sentence for each way in which the event is not the expected one, the telling ones first."""
        record = event.record
        found = []
        if record.topic != self.topic:
            found.append(f"it is on topic {record.topic}, expected {self.topic}")
        found += comparing.differences("eventType", event.type, self.event_type)
        if record.key != self.key.encode():
            found.append(f'its key is {key_in_words(record.key)}, expected "{self.key}"')
        return found + self._envelope_differences(event, clock_tolerance)

    def _envelope_differences(self, event: Event, clock_tolerance: float) -> list[str]:
        fields = event.fields
        fixed = {
            "eventType": event.type,
            "version": contract.current().version,
            "producer": contract.current().patient_producer,
            "payload": self.payload,
        }
        found = [f"{name} is missing, expected {kind}" for name, kind in _VARYING.items() if name not in fields]
        given = {name: fields[name] for name in fields if name not in _VARYING}
        found += comparing.differences("", given, fixed, {"payload": self.before})
        if "eventId" in fields:
            found += comparing.event_id_faults(fields["eventId"])
        if "timestamp" in fields:
            found += comparing.timestamp_faults(
                fields["timestamp"], self.requested_at, event.record.received, clock_tolerance
            )
        return found
