"""The service's events, as entries for the outbox."""

from reference.patient_service.models import OutboxEntry, Patient
from reference.shared.kafka.schemas import EventSchema

TOPIC = "patient-events"
PRODUCER = "patient-service"
DATA_FIELDS = ("vorname", "nachname", "anrede", "email", "telefon", "status")


def patient_created(patient: Patient) -> OutboxEntry:
    """Say that the patient is new. The patient must have its id already."""
    return _entry("patient.created", patient.id, {"patient_data": _data(patient)})


def patient_updated(patient: Patient) -> OutboxEntry:
    """Say what the patient is like after a change."""
    return _entry("patient.updated", patient.id, {"patient_data": _data(patient)})


def patient_deleted(patient: Patient) -> OutboxEntry:
    """Say that the patient is gone."""
    return _entry("patient.deleted", patient.id, {})


def _data(patient: Patient) -> dict[str, object]:
    answer = patient.as_answer()
    return {field: answer[field] for field in DATA_FIELDS}


def _entry(event_type: str, patient_id: int, payload: dict[str, object]) -> OutboxEntry:
    event = EventSchema(event_type=event_type, producer=PRODUCER, payload={"patient_id": patient_id, **payload})
    return OutboxEntry(event_id=event.event_id, event_type=event_type, patient_id=patient_id, value=event.to_json())
