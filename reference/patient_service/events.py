"""The service's events."""

from reference.shared.kafka.schemas import EventSchema
from reference.shared.service import Change

TOPIC = "patient-events"
PRODUCER = "patient-service"
DATA_FIELDS = ("vorname", "nachname", "anrede", "email", "telefon", "status")


def patient_event(change: Change) -> EventSchema:
    """Return the event of a change; that of a deletion has no data."""
    payload: dict[str, object] = {"patient_id": change.id}
    if change.after is None:
        event_type = "patient.deleted"
    else:
        event_type = "patient.created" if change.before is None else "patient.updated"
        payload["patient_data"] = {field: change.after[field] for field in DATA_FIELDS}
    return EventSchema(event_type=event_type, producer=PRODUCER, payload=payload)
