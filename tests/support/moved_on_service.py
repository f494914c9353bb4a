"""The patient service of a platform that has moved on: `python -m tests.support.moved_on_service [paged]`.

The parts of the reference service, with what `tests.support.moved_on` says of a patient.
"""

import datetime as dt
import secrets
import sys
from enum import StrEnum
from unittest.mock import patch

from flask import jsonify, make_response
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Mapped, mapped_column

from reference.patient_service.__main__ import DEFAULTS
from reference.patient_service.events import PRODUCER, TOPIC
from reference.shared.app import ResourceApi
from reference.shared.kafka.schemas import EventSchema
from reference.shared.models import Resource, values_of
from reference.shared.service import Change, Service
from reference.shared.start import start
from reference.shared.validation import InvalidRequestError, Rules
from tests.support.moved_on import PAGED, REQUIRED, STATUSES


class Status(StrEnum):
    """A patient's status. The API and the events contain the value, not the name."""

    NEU, IN_BEHANDLUNG, BEENDET = STATUSES


def new_number() -> str:
    """Return a number that an insurance might give."""
    return f"A{secrets.randbelow(10**9):09}"


class Patient(Resource):
    """A patient. The service makes the number."""

    __tablename__ = "patients"

    versichertennummer: Mapped[str] = mapped_column(default=new_number)
    anrede: Mapped[str | None]
    vorname: Mapped[str]
    nachname: Mapped[str]
    geburtsdatum: Mapped[str]
    email: Mapped[str | None]
    telefon: Mapped[str | None]
    status: Mapped[Status] = mapped_column(values_of(Status), default=Status(STATUSES[0]))


class PatientRules(Rules):
    """Those of the reference service, and the new field must be a date."""

    def _checked_field(self, name: str, value: object) -> str | None:
        checked = super()._checked_field(name, value)
        if name == REQUIRED:
            try:
                dt.date.fromisoformat(str(checked))
            except ValueError:
                raise InvalidRequestError(f"{name} must be a date") from None
        return checked


class PagedApi(ResourceApi):
    """An API whose list of patients is in a page object."""

    def list_all(self) -> ResponseReturnValue:
        """List all patients, or those with a status, in a page object."""
        listed = make_response(super().list_all()).get_json()
        return jsonify(items=listed, total=len(listed))


def event(change: Change) -> EventSchema:
    """Return the event of a change: all that the API answers, except of a deletion."""
    payload: dict[str, object] = {"patient_id": change.id}
    if change.after is not None:
        payload["patient_data"] = {name: value for name, value in change.after.items() if name != "id"}
    done = "deleted" if change.after is None else "created" if change.before is None else "updated"
    return EventSchema(event_type=f"patient.{done}", producer=PRODUCER, payload=payload)


RULES = PatientRules(
    noun="patient",
    required=("vorname", "nachname", REQUIRED),
    optional=("anrede", "email", "telefon"),
    statuses=Status,
)
SERVICE = Service(name=PRODUCER, topic=TOPIC, path="/api/patients", table=Patient, rules=RULES, event=event)


def main() -> int:
    """Run the service until it is stopped; return its exit code."""
    api = PagedApi if PAGED in sys.argv[1:] else ResourceApi
    with patch("reference.shared.app.ResourceApi", api):
        return start(lambda: SERVICE, DEFAULTS)


if __name__ == "__main__":
    sys.exit(main())
