"""The service's events."""

from reference.shared.kafka.schemas import EventSchema
from reference.shared.service import Change, State
from reference.therapist_service.models import TherapistStatus

TOPIC = "therapist-events"
PRODUCER = "therapist-service"
DATA_FIELDS = ("vorname", "nachname", "anrede", "titel", "email", "telefon", "status")


def therapist_event(change: Change) -> EventSchema | None:
    """Return the event of a change; a deletion has none, and only that of a block has the reason."""
    if change.after is None:
        return None
    event_type = _event_type(change.before, change.after)
    data = {field: change.after[field] for field in DATA_FIELDS}
    payload: dict[str, object] = {"therapist_id": change.id, "therapist_data": data}
    if event_type == "therapist.blocked":
        payload["reason"] = change.after["sperrgrund"]
    return EventSchema(event_type=event_type, producer=PRODUCER, payload=payload)


def _event_type(before: State | None, after: State) -> str:
    if before is None:
        return "therapist.created"
    old, new = before["status"], after["status"]
    if old != TherapistStatus.GESPERRT and new == TherapistStatus.GESPERRT:
        return "therapist.blocked"
    if old == TherapistStatus.GESPERRT and new == TherapistStatus.AKTIV:
        return "therapist.unblocked"
    return "therapist.updated"
