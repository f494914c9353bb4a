"""Checks records against the contract's schemas."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from bdd.contracts.asyncapi import Contract, InvalidContract, Node
from bdd.contracts.differences import INVALID, Difference, shown
from bdd.contracts.event import Event, NotAnEvent, key_in_words
from bdd.contracts.schema import Schema


class EventSchemas:
    """The compiled schemas of a contract's events.

    Raises:
        InvalidContract: one of them cannot be used.
    """

    def __init__(self, contract: Contract) -> None:
        self._types = contract.messages
        self._values: dict[str, Schema] = {}
        self._keys: dict[str, Schema] = {}
        for messages in contract.messages.values():
            for event_type, message in messages.items():
                self._values[event_type] = _compiled(contract, event_type, message.value)
                if message.key is not None:
                    self._keys[event_type] = _compiled(contract, event_type, message.key)

    def violations(self, event: Event | NotAnEvent) -> list[Difference]:
        """Return each way in which a record violates the contract; none for topics not in it."""
        record = event.record
        if record.topic not in self._types:
            return []
        if isinstance(event, NotAnEvent):
            return [Difference(event.reason, "", event.kind)]
        types = self._types[record.topic]
        if event.type not in types:
            sentence = f"eventType is {shown(event.type)}, on {record.topic} there are {', '.join(types)}"
            return [Difference(sentence, "eventType", "which the contract does not have")]
        key = self._key_violations(event.type, record.key)
        return key + self._values[event.type].violations(event.fields, "the value")

    def envelope_violations(self, event_type: str, fields: Mapping[str, Any]) -> dict[Difference, str]:
        """Return the violations of the envelope of this type, whatever its payload is: sentence -> field."""
        located = self._values[event_type].located(fields, "the value")
        return {sentence: str(path[0]) if path else "" for path, sentence in located if path[:1] != ["payload"]}

    def _key_violations(self, event_type: str, key: bytes | None) -> list[Difference]:
        if event_type not in self._keys:
            return []
        try:
            text = None if key is None else key.decode()
        except UnicodeDecodeError:
            return [Difference(f"the key is {key_in_words(key)}, which is not UTF-8", "key", INVALID)]
        found = self._keys[event_type].violations(text, "the key")
        return [Difference(each, "key", each.kind) for each in found]


def _compiled(contract: Contract, event_type: str, schema: Node) -> Schema:
    try:
        return Schema(schema, contract.document)
    except ValueError as error:
        raise InvalidContract(
            f"The contract {contract.file} has an invalid schema for {event_type}: {error}"
        ) from error


@cache
def event_schemas(contract: Contract) -> EventSchemas:
    """Return the schemas of a contract; they are compiled once.

    Raises:
        InvalidContract: one of them cannot be used.
    """
    return EventSchemas(contract)
