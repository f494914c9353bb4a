"""The service's events, as entries for the outbox."""

from reference.patient_service.models import OutboxEntry, Patient
from reference.shared.kafka.schemas import EventSchema

TOPIC = "patient-events"
PRODUCER = "patient-service"
DATA_FIELDS = ("vorname", "nachname", "anrede", "email", "telefon", "status")


def patient_event(event_type: str, patient: Patient) -> OutboxEntry:
    """Return the event of a change; the patient has its id already, and a deleted one is published without data."""
    payload: dict[str, object] = {"patient_id": patient.id}
    if event_type != "patient.deleted":
        data = patient.as_json()
        payload["patient_data"] = {field: data[field] for field in DATA_FIELDS}
    event = EventSchema(event_type=event_type, producer=PRODUCER, payload=payload)
    return OutboxEntry(event_id=event.event_id, event_type=event_type, patient_id=patient.id, value=event.to_json())
