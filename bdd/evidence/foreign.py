"""The lines of foreign records in the evidence: how they are built, and nothing of what they say."""

import json
from typing import Any

from bdd.kafka.record import Outline, Record
from bdd.system import strict_json


def to_foreign_line(record: Record) -> bytes:
    """Return a foreign record as one line of JSON, with the types and lengths of its values in place of them.

    Place, key, times, the headers' names, the names of the value's fields and `eventType` stay: they are what its
    producer needs to find it.
    """
    fields = {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": record.timestamp,
        "received": record.received,
        "key": record.key_text if record.key is not None else None,
        "headers": [[name, _length(content)] for name, content in record.headers],
        "value": {"left_out": record.size} if isinstance(record, Outline) else _value(record.value),
    }
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode(errors="backslashreplace") + b"\n"


def _value(value: bytes | None) -> Any:
    try:
        content = strict_json.loads((value or b"").decode())
        shape = _shape(content)
    except (ValueError, RecursionError):
        return _length(value)
    if isinstance(content, dict) and isinstance(content.get("eventType"), str):
        shape["eventType"] = content["eventType"]
    return shape


def _length(data: bytes | None) -> str | None:
    return None if data is None else f"{len(data)} bytes"


def _shape(value: object) -> Any:
    if isinstance(value, dict):
        return {name: _shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_shape(each) for each in value]
    if isinstance(value, str):
        return f"text of {len(value)} characters"
    return value if value is None else "true or false" if isinstance(value, bool) else "number"
