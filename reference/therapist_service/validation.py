"""What a request may hold."""

from reference.shared.validation import Rules
from reference.therapist_service.models import TherapistStatus

RULES = Rules(
    noun="therapist",
    required=("vorname", "nachname"),
    optional=("anrede", "titel", "email", "telefon", "sperrgrund"),
    statuses=TherapistStatus,
    message_by_field=True,
)
