"""JSON Schema: which values are valid, and a sentence for every violation that names the field."""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, cast

import jsonschema_rs

from bdd.contracts.asyncapi import applying
from bdd.contracts.differences import EXTRA, INVALID, NULL, OTHER_FORM, WITHOUT, Difference, differences, shown

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_LOCAL_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?", re.ASCII)
_TIME = re.compile(_LOCAL_TIME.pattern + r"(Z|[+-]\d\d:\d\d)", re.ASCII)
_DRAFTS = {"asyncapi": jsonschema_rs.Draft7Validator, "openapi": jsonschema_rs.Draft202012Validator}


class Schema:
    """One schema of a contract.

    Args:
        schema: the schema itself.
        document: the AsyncAPI or OpenAPI document that contains it, for its references to `#/components`.

    Raises:
        ValueError: it is not a JSON Schema, or refers to something that is not in the document.
    """

    def __init__(self, schema: Mapping[str, Any], document: Mapping[str, Any]) -> None:
        draft = next(draft for kind, draft in _DRAFTS.items() if kind in document)
        whole = {"allOf": [schema], "components": document.get("components", {})}
        try:
            self._validator = draft(whole, validate_formats=True, formats=_FORMATS, offline=True)
        except ValueError as error:
            raise ValueError(str(error).partition("\n")[0]) from error
        self._schema, self._document = schema, document

    def violations(self, value: Any, name: str) -> list[Difference]:
        """Return a sentence for each way in which the value is not valid.

        Args:
            value: what `json.loads` returned.
            name: what the value as a whole is called in the sentences.
        """
        return list(dict.fromkeys(sentence for _, sentence in self.located(value, name)))

    def located(self, value: Any, name: str) -> Iterator[tuple[Sequence[str | int], Difference]]:
        """Yield each violation: the path of the field that it is about, and the sentence; some come twice."""
        try:
            for error in self._validator.iter_errors(value):
                yield from self._explained(error, name)
        except ValueError as error:  # endless nesting
            yield [], Difference(f"{name} cannot be checked: {error}", "", "that cannot be checked")

    def _explained(
        self, error: jsonschema_rs.ValidationError, name: str
    ) -> Iterator[tuple[Sequence[str | int], Difference]]:
        path, instance = error.instance_path, cast("Any", error.instance)
        field = _spelt(path) or name
        if error.kind.name == "required":
            missing = [*path, error.kind.value]
            const, title = self._const(missing), self._title(missing)
            expected = shown(const[0]) if const else title
            sentence = f"{_spelt(missing)} is missing{', expected ' if expected else ''}{expected}"
            yield missing, Difference(sentence, _spelt(missing), WITHOUT)
        elif error.kind.name == "additionalProperties":
            for extra in sorted(error.kind.value):
                place = [*path, extra]
                sentence = f"{_spelt(place)} is extra: {shown(instance[extra])}"
                yield place, Difference(sentence, _spelt(place), EXTRA)
        elif const := self._const(path):
            yield from ((path, sentence) for sentence in differences(field, instance, const[0]))
        else:
            title = self._title(path)
            required = f"expected {title}" if title else f"the contract requires {_required(error.kind)}"
            kind = OTHER_FORM if not path else NULL if instance is None else INVALID
            yield path, Difference(f"{field} is {shown(instance)}, {required}", _spelt(path), kind)

    def _const(self, path: Sequence[str | int]) -> list[Any]:
        return [each["const"] for each in applying(self._document, self._schema, *path) if "const" in each]

    def _title(self, path: Sequence[str | int]) -> str:
        """The contract's words for what a field must be, empty where it has none."""
        schemas = applying(self._document, self._schema, *path)
        return next((each["title"] for each in schemas if "title" in each), "")


def _required(kind: jsonschema_rs.ValidationErrorKind) -> str:
    """What the violated keyword requires: `type ["string"]`, `format "uuid"`."""
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.AnyOf | jsonschema_rs.ValidationErrorKind.OneOfNotValid):
        return " or ".join(" and ".join(_required(error.kind) for error in errors) for errors in kind.context)
    return f"{kind.name} {shown(kind.value)}"


def _spelt(path: Sequence[str | int]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _is_uuid(text: str) -> bool:
    """Return whether RFC 4122 writes it so; the library accepts braces and bare digits too."""
    return bool(_UUID.fullmatch(text))


def _is_time(pattern: re.Pattern[str], text: str) -> bool:
    """Return whether it has this form and Python can read it: not a leap second."""
    try:
        return bool(pattern.fullmatch(text) and dt.datetime.fromisoformat(text))
    except ValueError:
        return False


_FORMATS: dict[str, Callable[..., bool]] = {
    "uuid": _is_uuid,
    "date-time": partial(_is_time, _TIME),
    "date-time-local": partial(_is_time, _LOCAL_TIME),  # of the OpenAPI format registry: without an offset
}
