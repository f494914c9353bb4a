"""What a request may hold."""

from reference.patient_service.models import PatientStatus
from reference.shared.validation import Rules

RULES = Rules(
    noun="patient",
    required=("vorname", "nachname"),
    optional=("anrede", "email", "telefon"),
    statuses=PatientStatus,
)
