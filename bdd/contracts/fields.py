"""The fields of an object: what a contract says of each, and whether it accepts a value."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from bdd.contracts.asyncapi import Node, resolved
from bdd.contracts.schema import Schema


@dataclass(frozen=True, eq=False)
class Field:
    """A field of what the API takes or answers.

    Attributes:
        name: its name.
        required: whether it must be there.
        schemas: those that it must fulfil.
        document: the document that contains them.
    """

    name: str
    required: bool
    schemas: Sequence[Node]
    document: Node

    @cached_property
    def keywords(self) -> Node:
        """The keywords of all its schemas; where two have the same one, the last counts."""
        parts = [part for schema in self.schemas for part in applying_together(self.document, schema)]
        return {keyword: value for part in parts for keyword, value in part.items()}

    @property
    def read_only(self) -> bool:
        """Whether the service makes its value, and requests do not have it."""
        return bool(self.keywords.get("readOnly"))

    @property
    def write_only(self) -> bool:
        """Whether requests have it, and responses do not."""
        return bool(self.keywords.get("writeOnly"))

    @property
    def nullable(self) -> bool:
        """Whether it may be null."""
        return self.accepts(None)

    @property
    def enum(self) -> tuple[Any, ...]:
        """All values that it may have except null, none where the contract does not list them."""
        listed = self.keywords.get("enum") or [self.keywords[name] for name in ("const",) if name in self.keywords]
        return tuple(value for value in listed if value is not None)

    @property
    def has_default(self) -> bool:
        """Whether it has a value of its own where a request leaves it out."""
        return "default" in self.keywords

    @property
    def default(self) -> Any:
        """That value, None where there is none."""
        return self.keywords.get("default")

    @property
    def examples(self) -> tuple[Any, ...]:
        """The contract's examples."""
        single = [self.keywords["example"]] if "example" in self.keywords else []
        return (*self.keywords.get("examples", ()), *single)

    @property
    def type(self) -> str:
        """Its JSON type besides null, the first of several; `string` where the contract names none."""
        types = self.keywords.get("type", "string")
        listed = [types] if isinstance(types, str) else types
        return next((each for each in listed if each != "null"), "null")

    @property
    def format(self) -> str | None:
        """The format of a text, for instance `date`."""
        found: str | None = self.keywords.get("format")
        return found

    @property
    def longest(self) -> float:
        """How many characters a text may have."""
        return float(self.keywords.get("maxLength", math.inf))

    @property
    def is_free_text(self) -> bool:
        """Whether any text will do."""
        return self.type == "string" and not (self.enum or self.format or "pattern" in self.keywords)

    def accepts(self, value: object) -> bool:
        """Return whether the contract allows the value."""
        return not self._schema.violations(value, self.name)

    @cached_property
    def _schema(self) -> Schema:
        return Schema({"allOf": list(self.schemas)}, self.document)


class Leaf(NamedTuple):
    """A value that has no fields of its own.

    Attributes:
        name: its path without indexes: `payload.patient_data.telefon`.
        values: all that it may be except null, none where the contract does not list them.
    """

    name: str
    values: tuple[Any, ...]


def fields_of(document: Node, schema: Node) -> Mapping[str, Field]:
    """Return the fields of an object in the contract's order: name -> field.

    Args:
        document: the document that contains the schema.
        schema: that of the object.
    """
    parts = list(applying_together(document, schema))
    required = {name for part in parts for name in part.get("required", ())}
    schemas: dict[str, list[Node]] = {}
    for part in parts:
        for name, each in part.get("properties", {}).items():
            schemas.setdefault(name, []).append(each)
    return {name: Field(name, name in required, each, document) for name, each in schemas.items()}


def leaves(document: Node, schema: Node, name: str = "", above: frozenset[int] = frozenset()) -> Iterator[Leaf]:
    """Yield the values that have no fields of their own: the innermost fields, in every alternative.

    Args:
        document: the document that contains the schema.
        schema: that of the value.
        name: the path of the value, empty for the whole.
        above: the schemas that contain it, where one that contains itself ends.
    """
    found = _alternatives(document, schema)
    parts = [part for identity, part in found.items() if identity not in above]
    above |= found.keys()
    inner: dict[str, list[Node]] = {}
    for part in parts:
        for each, its_schema in part.get("properties", {}).items():
            inner.setdefault(f"{name}.{each}" if name else each, []).append(its_schema)
        if "items" in part:
            inner.setdefault(name, []).append(part["items"])
    for each, schemas in inner.items():
        yield from leaves(document, {"anyOf": schemas}, each, above)
    if not inner:
        listed = (value for part in parts for value in part.get("enum", ()) if value is not None)
        yield Leaf(name, tuple(dict.fromkeys(listed)))


def applying_together(document: Node, schema: Node) -> Iterator[Node]:
    """Yield the schemas that apply to a value: through `$ref`, `allOf`, and the first alternative besides null.

    Args:
        document: the document that contains the schema.
        schema: that of the value.
    """
    if "$ref" in schema:
        yield from applying_together(document, resolved(document, schema))
    for part in schema.get("allOf", ()):
        yield from applying_together(document, part)
    for alternatives in (schema.get("anyOf", ()), schema.get("oneOf", ())):
        others = (each for each in alternatives if not _is_null(each))
        for alternative in list(others)[:1]:
            yield from applying_together(document, alternative)
    yield schema


def _alternatives(document: Node, schema: Node) -> Mapping[int, Node]:
    """The schemas of which some or all apply to a value: through `$ref`, `allOf`, and every alternative."""
    found: dict[int, Node] = {}
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        if id(part) in found:
            continue
        found[id(part)] = part
        inner = [each for keyword in ("allOf", "anyOf", "oneOf") for each in part.get(keyword, ())]
        waiting += reversed([resolved(document, part), *inner] if "$ref" in part else inner)
    return found


def _is_null(schema: Node) -> bool:
    """Whether null is the only value that it allows."""
    return schema.get("type") == "null" or [None] in (schema.get("enum"), [schema.get("const", ...)])
