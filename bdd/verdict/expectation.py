"""An expectation: one event that the contract requires after an action, down to its last field."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bdd.contracts import asyncapi as contract
from bdd.contracts.asyncapi import Subject, noun_of
from bdd.contracts.differences import WITHOUT, Difference, differences, outside_window, shown
from bdd.contracts.event import Event, key_in_words
from bdd.contracts.event_schemas import event_schemas
from bdd.output.printable import in_one_line


@dataclass(eq=False)
class Expectation:
    """One event that must be published.

    Attributes:
        event_type: for instance `patient.created`; the contract says topic and envelope.
        key: the record's key as text.
        payload: the whole payload: a missing or an extra field is a difference.
        step: the step whose action causes the event, in its own words.
        after: the journal's cursor when the action began: only later records can fulfil it.
        requested_at: when the action began, in seconds since 1970 UTC.
        request: the request and its response in one line, for messages.
        response: the body of the response; it is parsed only for a message.
        before: the payload as it would have been right before the action, None where that is not known.
        claim: the event that fulfilled it, None as long as none did.
        deadline: for how many seconds a step has waited for it in vain, None if none has.
    """

    event_type: str
    key: str
    payload: Mapping[str, Any]
    step: str
    after: int
    requested_at: float
    request: str = ""
    response: str = ""
    before: Mapping[str, Any] | None = None
    claim: Event | None = None
    deadline: float | None = None

    @property
    def topic(self) -> str:
        """The topic on which the contract requires it."""
        return contract.current().topic_of[self.event_type]

    @property
    def subject(self) -> Subject:
        """Whom it is about."""
        return Subject(self.topic, self.key)

    @property
    def seconds(self) -> float | None:
        """How long after the request its event came, None as long as it has not."""
        return self.claim.record.received - self.requested_at if self.claim else None

    @property
    def noun(self) -> str:
        """What it is about: `patient`."""
        return noun_of(self.event_type)

    def __str__(self) -> str:
        """The expectation in a few words: `patient.created on patient-events with key "5"`."""
        return f'{self.event_type} on {self.topic} with key "{self.key}"'

    def differences(self, event: Event, clock_tolerance: float) -> list[Difference]:
        """Return each way in which the event is not the expected one, the most useful ones first.

        The contract's schema judges the envelope. The payload is compared with the expected one; whether that is
        valid itself is for the audit to say.
        """
        record, fields = event.record, event.fields
        found = []
        if record.topic != self.topic:
            sentence = f"it is on topic {record.topic}, expected {self.topic}"
            found.append(Difference(sentence, "topic", f"on topic {record.topic}"))
        if record.key != self.key.encode():
            sentence = f'its key is {key_in_words(record.key)}, expected "{self.key}"'
            found.append(Difference(sentence, "key", "with another key" if record.key else "without a key"))
        envelope = event_schemas(contract.current()).envelope_violations(self.event_type, fields)
        found += [each if each.field != "eventType" else _other_type(each, fields) for each in envelope]
        if "timestamp" in fields and "timestamp" not in envelope.values():
            found += outside_window(fields["timestamp"], self.requested_at, record.received, clock_tolerance)
        if "payload" not in fields:
            return [*found, Difference(f"payload is missing, expected {shown(self.payload)}", "payload", WITHOUT)]
        return found + differences("payload", fields["payload"], self.payload, self.before)


def _other_type(difference: Difference, fields: Mapping[str, Any]) -> Difference:
    return Difference(difference, "eventType", f"as “{in_one_line(str(fields.get('eventType')))}”")
