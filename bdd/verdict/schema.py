"""Holds records against the contract's schemas."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from bdd.contracts.asyncapi import Contract, InvalidContract, Message
from bdd.contracts.differences import shown
from bdd.contracts.schema import Schema
from bdd.kafka.record import Record
from bdd.verdict.event import NotAnEvent, key_in_words, read_event
from bdd.verdict.ledger import Ledger


class EventSchemas:
    """The schemas of a contract's events, ready to be used.

    Raises:
        InvalidContract: one of them cannot be used.
    """

    def __init__(self, contract: Contract) -> None:
        self._topics: Mapping[str, Mapping[str, _RecordSchemas]] = {
            topic: {
                event_type: _compiled(contract, event_type, message) for event_type, message in messages.items()
            }
            for topic, messages in contract.messages.items()
        }

    def violations(self, record: Record) -> list[str]:
        """Return a sentence for each way in which a record breaks the contract; none for topics not in it."""
        if record.topic not in self._topics:
            return []
        try:
            event = read_event(record)
        except NotAnEvent as error:
            return [str(error)]
        types = self._topics[record.topic]
        if event.type not in types:
            return [f"eventType is {shown(event.type)}, on {record.topic} there are {', '.join(types)}"]
        schemas = types[event.type]
        return _key_violations(schemas.key, record.key) + schemas.value.violations(event.fields, "the value")


@dataclass(frozen=True)
class _RecordSchemas:
    value: Schema
    key: Schema | None


def _compiled(contract: Contract, event_type: str, message: Message) -> _RecordSchemas:
    try:
        return _RecordSchemas(
            value=Schema(message.value, contract.document),
            key=Schema(message.key, contract.document) if message.key is not None else None,
        )
    except ValueError as wrong:
        raise InvalidContract(
            f"The contract {contract.file} has a faulty schema for {event_type}: {wrong}"
        ) from wrong


@cache
def event_schemas(contract: Contract) -> EventSchemas:
    """Return the schemas of a contract; they are made once.

    Raises:
        InvalidContract: one of them cannot be used.
    """
    return EventSchemas(contract)


@dataclass(frozen=True)
class Foreign:
    """What others published during the run. It is counted, and never a finding.

    Attributes:
        count: how many records that are.
        broken: those that break the contract.
    """

    count: int
    broken: Sequence[Record]

    def __str__(self) -> str:
        """The count, without the records' data; empty where none breaks the contract."""
        if not self.broken:
            return ""
        first = self.broken[0].place
        return f"{len(self.broken)} of {self.count} foreign records break the contract, the first at {first}"


def foreign_records(ledger: Ledger, schemas: EventSchemas) -> Foreign:
    """Return what was recorded and has no link to this run."""
    foreign = [record for record in ledger.journal.records() if ledger.owner(record) is None]
    return Foreign(len(foreign), [record for record in foreign if schemas.violations(record)])


def _key_violations(schema: Schema | None, key: bytes | None) -> list[str]:
    if schema is None:
        return []
    try:
        text = None if key is None else key.decode()
    except UnicodeDecodeError:
        return [f"the key is {key_in_words(key)}, which is not UTF-8"]
    return schema.violations(text, "the key")
