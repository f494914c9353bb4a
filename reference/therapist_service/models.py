"""The table of therapists."""

from enum import StrEnum

from sqlalchemy.orm import Mapped, mapped_column

from reference.shared.models import Resource, values_of


class TherapistStatus(StrEnum):
    """A therapist's status. The API and the events contain the value, not the name."""

    AKTIV = "aktiv"
    GESPERRT = "gesperrt"
    INAKTIV = "inaktiv"


class Therapist(Resource):
    """A therapist. The API returns the columns in this order."""

    __tablename__ = "therapists"

    anrede: Mapped[str | None]
    titel: Mapped[str | None]
    vorname: Mapped[str]
    nachname: Mapped[str]
    email: Mapped[str | None]
    telefon: Mapped[str | None]
    status: Mapped[TherapistStatus] = mapped_column(values_of(TherapistStatus), default=TherapistStatus.AKTIV)
    sperrgrund: Mapped[str | None]
