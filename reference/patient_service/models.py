"""The tables: patients, and the outbox with the events that Kafka does not have yet."""

from enum import StrEnum

from sqlalchemy import Enum, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

LONGEST_TEXT = 255


class PatientStatus(StrEnum):
    """A patient's status. The API and the events contain the value, not the name."""

    OFFEN = "offen"
    AUF_DER_SUCHE = "auf der Suche"
    IN_THERAPIE = "in Therapie"
    THERAPIE_ABGESCHLOSSEN = "Therapie abgeschlossen"
    SUCHE_ABGEBROCHEN = "Suche abgebrochen"
    THERAPIE_ABGEBROCHEN = "Therapie abgebrochen"


class Base(DeclarativeBase):
    """What the tables have in common."""


class Patient(Base):
    """A patient. An id is never used again."""

    __tablename__ = "patients"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    anrede: Mapped[str | None] = mapped_column(String(LONGEST_TEXT))
    vorname: Mapped[str] = mapped_column(String(LONGEST_TEXT))
    nachname: Mapped[str] = mapped_column(String(LONGEST_TEXT))
    email: Mapped[str | None] = mapped_column(String(LONGEST_TEXT))
    telefon: Mapped[str | None] = mapped_column(String(LONGEST_TEXT))
    status: Mapped[PatientStatus] = mapped_column(
        # SQLAlchemy stores an enum's names unless `values_callable` returns its values.
        Enum(PatientStatus, native_enum=False, values_callable=lambda statuses: [s.value for s in statuses]),
        default=PatientStatus.OFFEN,
    )

    def as_json(self) -> dict[str, object]:
        """Return the patient as the API returns it; the events take their values from here, too."""
        return {
            "id": self.id,
            "anrede": self.anrede,
            "vorname": self.vorname,
            "nachname": self.nachname,
            "email": self.email,
            "telefon": self.telefon,
            "status": self.status.value,
        }


class OutboxEntry(Base):
    """An event to publish. Events are published in the order of their ids, which are never used again."""

    __tablename__ = "outbox"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(String(36))
    event_type: Mapped[str] = mapped_column(String(50))
    patient_id: Mapped[int]
    value: Mapped[str] = mapped_column(Text)
