"""JSON Schema: what a value may be, and every breach as a sentence that names the field."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jsonschema_rs

from bdd.contracts.differences import shown

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_LOCAL_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?", re.ASCII)
_DRAFTS = {"asyncapi": jsonschema_rs.Draft7Validator, "openapi": jsonschema_rs.Draft202012Validator}


class Schema:
    """One schema of a contract.

    Args:
        schema: the schema itself.
        document: the AsyncAPI or OpenAPI document that it stands in, for its references to `#/components`.

    Raises:
        ValueError: it is no JSON Schema, or refers to something that is not in the document.
    """

    def __init__(self, schema: Mapping[str, Any], document: Mapping[str, Any]) -> None:
        draft = next(draft for kind, draft in _DRAFTS.items() if kind in document)
        whole = {"allOf": [schema], "components": document.get("components", {})}
        try:
            self._validator = draft(whole, validate_formats=True, formats=_FORMATS, offline=True)
        except ValueError as wrong:
            raise ValueError(str(wrong).partition("\n")[0]) from wrong

    def violations(self, value: Any, called: str) -> list[str]:
        """Return a sentence for each way in which the value is not what the schema says.

        Args:
            value: what `json.loads` returned.
            called: what the value as a whole is called.
        """
        try:
            return [said for error in self._validator.iter_errors(value) for said in _sentences(error, called)]
        except ValueError as error:  # endless nesting
            return [f"{called} cannot be checked: {error}"]


def _sentences(error: jsonschema_rs.ValidationError, called: str) -> Iterator[str]:
    field = _spelt(error.instance_path)
    prefix = f"{field}." if field else ""
    if error.kind.name == "required":
        yield f"{prefix}{error.kind.value} is missing"
    elif error.kind.name == "additionalProperties":
        yield from (f"{prefix}{name} is extra" for name in sorted(error.kind.value))
    else:
        yield f"{field or called} is {shown(error.instance)}, the contract requires {_wanted(error.kind)}"


def _wanted(kind: jsonschema_rs.ValidationErrorKind) -> str:
    """What the broken keyword asks for: `type ["string"]`, `format "uuid"`."""
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.AnyOf):
        return " or ".join(" and ".join(_wanted(error.kind) for error in errors) for errors in kind.context)
    return f"{kind.name} {shown(kind.value)}"


def _spelt(path: Sequence[str | int]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _is_uuid(text: str) -> bool:
    """As RFC 4122 writes it; the library takes braces and bare digits too."""
    return bool(_UUID.fullmatch(text))


def _is_local_time(text: str) -> bool:
    """`date-time-local` of the OpenAPI format registry: a date-time without an offset."""
    try:
        return bool(_LOCAL_TIME.fullmatch(text) and dt.datetime.fromisoformat(text))
    except ValueError:
        return False


_FORMATS = {"uuid": _is_uuid, "date-time-local": _is_local_time}
