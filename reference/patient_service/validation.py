"""Validates requests. A message names every field that is wrong."""

import json
import re

from reference.patient_service.models import LONGEST_TEXT, PatientStatus

REQUIRED = ("vorname", "nachname")
OPTIONAL = ("anrede", "email", "telefon")
# PostgreSQL stores no NUL, and half a surrogate pair has no form in UTF-8.
UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class InvalidRequestError(ValueError):
    """The request is refused. The message names the fields and what is wrong with them."""


def new_patient(body: bytes) -> dict[str, str | None]:
    """Return the fields of a patient to create.

    Raises:
        InvalidRequestError: the body is not a JSON object, or a field is missing, unknown or wrong.
    """
    fields = _json_object(body)
    problems = [f"{name} is missing" for name in REQUIRED if name not in fields]
    return _checked(fields, problems)


def changed_fields(body: bytes) -> dict[str, str | None]:
    """Return the fields of a patient to change; other fields keep their values.

    Raises:
        InvalidRequestError: the body is not a JSON object, or a field is unknown or wrong.
    """
    return _checked(_json_object(body), problems=[])


def status(value: str) -> PatientStatus:
    """Return the status with this value.

    Raises:
        InvalidRequestError: no status has it.
    """
    try:
        return PatientStatus(value)
    except ValueError:
        raise InvalidRequestError(f"status must be one of: {', '.join(PatientStatus)}") from None


def _json_object(body: bytes) -> dict[str, object]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidRequestError("the body is not JSON") from None
    if not isinstance(content, dict):
        raise InvalidRequestError("the body must be a JSON object with the patient's fields")
    return content


def _checked(fields: dict[str, object], problems: list[str]) -> dict[str, str | None]:
    checked: dict[str, str | None] = {}
    for name, value in fields.items():
        try:
            checked[name] = _checked_field(name, value)
        except InvalidRequestError as problem:
            problems.append(str(problem))
    if problems:
        raise InvalidRequestError("; ".join(problems))
    return checked


def _checked_field(name: str, value: object) -> str | None:
    if name == "status":
        return status(_text(name, value))
    if name in REQUIRED:
        checked = _text(name, value)
        if not checked.strip():
            raise InvalidRequestError(f"{name} must not be blank")
        return checked
    if name in OPTIONAL:
        return None if value is None else _text(name, value)
    shown = name.encode("utf-8", "backslashreplace").decode("utf-8")
    raise InvalidRequestError(f"{shown} is not a field of a patient")


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise InvalidRequestError(f"{name} must be text")
    if len(value) > LONGEST_TEXT:
        raise InvalidRequestError(f"{name} must not be longer than {LONGEST_TEXT} characters")
    if UNSTORABLE.search(value):
        raise InvalidRequestError(f"{name} holds a character that cannot be stored")
    return value
