"""Reads JSON that every reader reads alike: what Python's takes beyond that is refused.

That is `NaN` and `Infinity`, which are no JSON, and a name that stands in an object twice: RFC 8259 leaves it open
which of the two values counts.
"""

import json
from typing import Any, NoReturn


def loads(text: str) -> Any:
    """Return what the text says.

    Raises:
        ValueError: it is not JSON.
        RecursionError: it is nested too deeply.
    """
    if text.startswith("\ufeff"):
        raise ValueError("it begins with a byte order mark (BOM)")
    return _DECODER.decode(text)


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in fields if names.count(name) > 1)
        raise ValueError(f"{json.dumps(twice)} appears twice in one object")
    return fields


_DECODER = json.JSONDecoder(parse_constant=_refuse, object_pairs_hook=_object)
