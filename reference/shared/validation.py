"""Validates requests. A message names every field that is wrong."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from reference.shared.models import LONGEST_TEXT

# PostgreSQL stores no NUL, and half a surrogate pair has no form in UTF-8.
UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class InvalidRequestError(ValueError):
    """The request is refused.

    Attributes:
        message: names the fields and what is wrong with them: a text, or an object from field to text.
    """

    def __init__(self, message: str | Mapping[str, str]) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What the requests about one kind of resource may hold. Other fields are ignored.

    Attributes:
        noun: what a resource is called.
        required: the texts that every resource has.
        optional: the texts that may be null.
        statuses: the values of the field `status`.
        message_by_field: whether the message of a refusal is an object from field to text; otherwise it is a text.
    """

    noun: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    statuses: type[StrEnum]
    message_by_field: bool = False

    def new(self, body: bytes) -> dict[str, str | None]:
        """Return the fields of a resource to create.

        Raises:
            InvalidRequestError: the body is not a JSON object, or a field is missing or wrong.
        """
        fields = self._fields(body)
        missing = {name: f"{name} is missing" for name in self.required if name not in fields}
        return self._checked(fields, missing)

    def changes(self, body: bytes) -> dict[str, str | None]:
        """Return the fields of a resource to change; other fields keep their values.

        Raises:
            InvalidRequestError: the body is not a JSON object, or a field is wrong.
        """
        return self._checked(self._fields(body), problems={})

    def status(self, value: str) -> str | None:
        """Return the status with this value.

        Raises:
            InvalidRequestError: no status has it.
        """
        return self._checked({"status": value}, problems={})["status"]

    def _fields(self, body: bytes) -> dict[str, object]:
        try:
            content = json.loads(body)
        except (ValueError, RecursionError):
            raise InvalidRequestError("the body is not JSON") from None
        if not isinstance(content, dict):
            raise InvalidRequestError(f"the body must be a JSON object with the {self.noun}'s fields")
        known = {*self.required, *self.optional, "status"}
        return {name: value for name, value in content.items() if name in known}

    def _checked(self, fields: dict[str, object], problems: dict[str, str]) -> dict[str, str | None]:
        checked: dict[str, str | None] = {}
        for name, value in fields.items():
            try:
                checked[name] = self._checked_field(name, value)
            except InvalidRequestError as problem:
                problems[name] = str(problem)
        if problems:
            raise InvalidRequestError(problems if self.message_by_field else "; ".join(problems.values()))
        return checked

    def _checked_field(self, name: str, value: object) -> str | None:
        if name == "status":
            return self._status(_text(name, value))
        if name in self.required:
            checked = _text(name, value)
            if not checked.strip():
                raise InvalidRequestError(f"{name} must not be blank")
            return checked
        return None if value is None else _text(name, value)

    def _status(self, value: str) -> StrEnum:
        try:
            return self.statuses(value)
        except ValueError:
            raise InvalidRequestError(f"status must be one of: {', '.join(self.statuses)}") from None


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise InvalidRequestError(f"{name} must be text")
    if len(value) > LONGEST_TEXT:
        raise InvalidRequestError(f"{name} must not be longer than {LONGEST_TEXT} characters")
    if UNSTORABLE.search(value):
        raise InvalidRequestError(f"{name} holds a character that cannot be stored")
    return value
