"""Patients as the suite knows them: synthetic data, and the state that the platform should have stored."""

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from behave.model import Table

from bdd.contracts import asyncapi as contract

PATIENTS = "/api/patients"
"""The path of all patients in the API."""
OPEN_PATIENTS = f"{PATIENTS}?status=offen"
"""A request that every patient service accepts, and that changes nothing."""

Value = str | int | None
_WRONG_VALUES = {
    "a number": 12345,
    "true": True,
    "a list": ["Erika"],
    "an object": {"name": "Erika"},
    "nothing": None,
}
_UNUSED_IDS = range(2_000_000_000, 2_147_483_647)  # fits a database's 32-bit integer
_TOO_LARGE = range(2_000_000_000_000, 2_000_000_000_000_000)  # does not, but fits every JSON reader's number


@dataclass
class Patient:
    """A patient that this run has created, or one that must not exist.

    Attributes:
        id: from the API's response; unique on the platform.
        data: the fields of `payload.patient_data`, as they should be now.
        deleted: whether it has been deleted.
    """

    id: int
    data: dict[str, Value] = field(default_factory=dict)
    deleted: bool = False

    @property
    def path(self) -> str:
        """The patient's path in the API."""
        return f"{PATIENTS}/{self.id}"

    @property
    def key(self) -> str:
        """The key of the patient's events."""
        return str(self.id)

    def event_payload(self, event_type: str) -> dict[str, object]:
        """Return the payload that the contract requires now in an event of this type."""
        if event_type == "patient.deleted":
            return {"patient_id": self.id}
        return {"patient_id": self.id, "patient_data": dict(self.data)}


def unknown_patient() -> Patient:
    """Return a patient with an id that no platform has assigned."""
    return Patient(random.choice(_UNUSED_IDS))  # noqa: S311 - no secret


def too_large_patient() -> Patient:
    """Return a patient with an id that does not fit a database's 32-bit integer."""
    return Patient(random.choice(_TOO_LARGE))  # noqa: S311 - no secret


def synthetic_data(mark: str) -> dict[str, Value]:
    """Return a synthetic patient's data; the surname and the e-mail address contain the mark."""
    return {
        "anrede": "Frau",
        "vorname": "Erika",
        "nachname": f"Mustermann-{mark}",
        "email": f"{mark}@example.org",
        "telefon": "+49 30 5550100",
    }


def stored_data(sent: Mapping[str, Value]) -> dict[str, Value]:
    """Return the state of a patient that was just created with this data."""
    return {name: sent.get(name) for name in contract.current().patient_fields} | {
        "status": sent.get("status", "offen")
    }


def wrong_value(words: str) -> object:
    """Return the invalid value that a step names: “a number”, or the quoted text itself."""
    if words in _WRONG_VALUES:
        return _WRONG_VALUES[words]
    return json.loads(words.translate({0x201C: '"', 0x201D: '"'}))


def unreadable_body(words: str, mark: str) -> str:
    """Return a body that the service cannot parse as a patient, by the name that a step uses.

    Raises:
        AssertionError: no body has this name.
    """
    bodies = {
        "JSON that is cut off": f'{{"vorname": "Erika", "nachname": "{mark}"',
        "a web form": f"vorname=Erika&nachname={mark}",
        "a list of names": f'["Erika", "{mark}"]',
        "a text that is not JSON": "status: in Therapie",
    }
    assert words in bodies, f"no body is called “{words}”; there are: {', '.join(bodies)}"
    return bodies[words]


def fields_in(table: Table | None) -> dict[str, Value]:
    """Return a patient's fields from a step's table with the columns field and value.

    Raises:
        AssertionError: there is no table, or a patient has no such field.
    """
    assert table is not None, "this step needs a table with the columns field and value"
    fields = {row["field"]: None if row["value"] == "(none)" else row["value"] for row in table}
    unknown = sorted(fields.keys() - set(contract.current().patient_fields))
    assert not unknown, f"a patient has no field {', '.join(unknown)}"
    return dict(fields)


def as_json(data: object) -> str:
    """Return the body of a request; umlauts and emoji are not escaped."""
    return json.dumps(data, ensure_ascii=False)
