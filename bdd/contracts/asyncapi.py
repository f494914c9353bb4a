"""What the platform promises about its events, read from an AsyncAPI 3 document: `contracts/asyncapi.yaml`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import yaml

from bdd.system.paths import ASYNCAPI, ROOT

Node = Mapping[str, Any]


class Subject(NamedTuple):
    """Whom an event is about. An id alone is not enough: patient 5 and therapist 5 are two."""

    topic: str
    key: str


class InvalidContract(Exception):
    """A file cannot be used as the contract; the message says why."""


@dataclass(frozen=True)
class Message:
    """The schemas of the records of one event type.

    Attributes:
        value: the JSON Schema of the record's value.
        key: that of its key as text, None where every key is valid.
    """

    value: Node
    key: Node | None


@dataclass(frozen=True, eq=False)
class Contract:
    """The names and types of one contract.

    Attributes:
        file: where it was read from.
        document: the AsyncAPI document.
        partitions: topic -> number of partitions.
        messages: topic -> event type -> what its records must be.
    """

    file: Path
    document: Node
    partitions: Mapping[str, int]
    messages: Mapping[str, Mapping[str, Message]]

    def __str__(self) -> str:
        """The file, as the project's documents name it if it is one of the project's own."""
        return name_of(self.file)

    @cached_property
    def topic_of(self) -> Mapping[str, str]:
        """The topic of each event type."""
        return {event_type: topic for topic, messages in self.messages.items() for event_type in messages}

    @cached_property
    def topic_of_noun(self) -> Mapping[str, str]:
        """The topic of the events about each noun: `patient` -> `patient-events`."""
        return {noun_of(event_type): topic for event_type, topic in self.topic_of.items()}

    def noun_on(self, topic: str) -> str:
        """Return what the events on a topic are about, the topic itself where the contract does not say it."""
        return next((noun for noun, its_topic in self.topic_of_noun.items() if its_topic == topic), topic)

    def fields(self, event_type: str, *path: str) -> tuple[str, ...]:
        """Return the names of the fields that an object in the value of such an event has.

        Args:
            event_type: an event type of the contract.
            path: the names that lead to the object, none for the envelope.
        """
        schema = self.messages[self.topic_of[event_type]][event_type].value
        parts = applying(self.document, schema, *path)
        return tuple(dict.fromkeys(name for part in parts for name in part.get("properties", ())))

    def id_field(self, event_type: str) -> str | None:
        """Return the field of the payload that holds the subject's id; None where the contract leaves it open."""
        name = f"{noun_of(event_type)}_id"
        return name if event_type in self.topic_of and name in self.fields(event_type, "payload") else None


def name_of(file: Path) -> str:
    """Return a contract's file as the project's documents name it, if it is one of the project's own."""
    return str(file.relative_to(ROOT).as_posix() if file.is_relative_to(ROOT) else file)


def noun_of(event_type: str) -> str:
    """Return the first part of an event type, which says what it is about: `patient`."""
    return event_type.partition(".")[0]


def current() -> Contract:
    """Return the contract of this process: what `use` chose, the project's own where it was not called."""
    return _current or use(ASYNCAPI)


def use(file: Path) -> Contract:
    """Choose the contract of this process, before anything uses it.

    Raises:
        InvalidContract: the file cannot be used.
    """
    global _current  # noqa: PLW0603 - behave's parameter types are the process's too, and know no run
    _current = read_contract(file)
    return _current


def read_contract(file: Path) -> Contract:
    """Read an AsyncAPI 3 document. Only its own `#/…` references are followed.

    Raises:
        InvalidContract: it cannot be read, or lacks something that the suite takes from it.
    """
    document = read_document(file, "asyncapi")
    try:
        return _contract(file, document)
    except KeyError as missing:
        raise InvalidContract(f"The contract {file} cannot be used: {missing.args[0]} is missing") from missing
    except (LookupError, TypeError, AttributeError, ValueError) as error:
        raise InvalidContract(f"The contract {file} cannot be used: {error}") from error


def read_document(file: Path, kind: str) -> Node:
    """Read a YAML file that must be an object with a key `asyncapi` or `openapi`, in a version 3.

    Raises:
        InvalidContract: it cannot be read, or is something else.
    """
    try:
        document = yaml.load(file.read_bytes(), Loader=_Loader)  # noqa: S506 - it is a safe one
    except OSError as error:
        raise InvalidContract(
            f"The contract {file} cannot be read: {error.strerror}. Is its path right?"
        ) from error
    except yaml.YAMLError as error:
        raise InvalidContract(f"The contract {file} is not YAML: {error}") from error
    if not isinstance(document, dict) or not str(document.get(kind)).startswith("3."):
        raise InvalidContract(
            f"The contract {file} is not a document of {kind} 3: its first key must be “{kind}: 3…”."
        )
    return document


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # in C where there is one
    """Reads what is written like a date as a text, as JSON has it: `examples: [1990-12-24]`."""

    yaml_implicit_resolvers: ClassVar = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def resolved(document: Node, node: Node) -> Node:
    """Return what a node refers to, or the node itself where it is no reference.

    Raises:
        LookupError: there is no such place in the document.
    """
    while "$ref" in node:
        place = str(node["$ref"])
        if not place.startswith("#/"):
            raise LookupError(f"{place} is not in the document itself")
        node = document
        for part in place.removeprefix("#/").split("/"):
            node = node[part.replace("~1", "/").replace("~0", "~")]
    return node


def _contract(file: Path, document: Node) -> Contract:
    channels = [resolved(document, channel) for channel in document["channels"].values()]
    messages = {channel["address"]: dict(_messages(document, channel)) for channel in channels}
    types = [event_type for known in messages.values() for event_type in known]
    if twice := {event_type for event_type in types if types.count(event_type) > 1}:
        raise ValueError(f"on more than one topic: {', '.join(sorted(twice))}")
    return Contract(
        file=file,
        document=document,
        partitions={channel["address"]: _kafka(document, channel)["partitions"] for channel in channels},
        messages=messages,
    )


def _messages(document: Node, channel: Node) -> Iterator[tuple[str, Message]]:
    for name, reference in channel["messages"].items():
        message = resolved(document, reference)
        list(applying(document, message["payload"], "payload"))  # each of its references is in the document
        yield message.get("name", name), Message(message["payload"], _kafka(document, message).get("key"))


def _kafka(document: Node, holder: Node) -> Node:
    """The Kafka binding of a channel or a message."""
    binding: Node = resolved(document, holder.get("bindings", {})).get("kafka", {})
    return binding


def applying(document: Node, schema: Node, *path: str | int) -> Iterator[Node]:
    """Yield the schemas that apply to a field, through references and `allOf`.

    Args:
        document: the document that contains the schema.
        schema: that of the whole value.
        path: the names that lead to the field, and the positions in a list.
    """
    schema = resolved(document, schema)
    for part in schema.get("allOf", ()):
        yield from applying(document, part, *path)
    if not path:
        yield schema
    elif isinstance(path[0], int):
        yield from applying(document, schema.get("items", {}), *path[1:])
    elif path[0] in schema.get("properties", {}):
        yield from applying(document, schema["properties"][path[0]], *path[1:])


_current: Contract | None = None
