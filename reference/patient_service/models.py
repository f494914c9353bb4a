"""The table of patients."""

from enum import StrEnum

from sqlalchemy.orm import Mapped, mapped_column

from reference.shared.models import Resource, values_of


class PatientStatus(StrEnum):
    """A patient's status. The API and the events contain the value, not the name."""

    OFFEN = "offen"
    AUF_DER_SUCHE = "auf der Suche"
    IN_THERAPIE = "in Therapie"
    THERAPIE_ABGESCHLOSSEN = "Therapie abgeschlossen"
    SUCHE_ABGEBROCHEN = "Suche abgebrochen"
    THERAPIE_ABGEBROCHEN = "Therapie abgebrochen"


class Patient(Resource):
    """A patient. The API returns the columns in this order."""

    __tablename__ = "patients"

    anrede: Mapped[str | None]
    vorname: Mapped[str]
    nachname: Mapped[str]
    email: Mapped[str | None]
    telefon: Mapped[str | None]
    status: Mapped[PatientStatus] = mapped_column(values_of(PatientStatus), default=PatientStatus.OFFEN)
