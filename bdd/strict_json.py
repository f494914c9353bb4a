"""Reads JSON as RFC 8259 has it: `NaN` and `Infinity`, which Python's reader takes, are refused."""

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
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse)
