"""What the platform promises about its events: topics, types, and the fields of an envelope and of a patient."""

from types import MappingProxyType

PARTITIONS = 3

TYPES = MappingProxyType(
    {
        "patient-events": ("patient.created", "patient.updated", "patient.deleted"),
        "therapist-events": ("therapist.created", "therapist.updated", "therapist.blocked", "therapist.unblocked"),
        "matching-events": ("match.created", "match.status_changed"),
        "communication-events": ("communication.email_sent", "communication.call_scheduled"),
        "email-commands": ("email.send",),
        "geocoding-requests": ("geocoding.calculate_distance",),
    }
)
"""The event types of each topic."""

TOPICS = tuple(TYPES)

TOPIC_OF = MappingProxyType({event_type: topic for topic, types in TYPES.items() for event_type in types})
"""The topic of each event type."""

ENVELOPE_FIELDS = ("eventId", "eventType", "version", "timestamp", "producer", "payload")
VERSION = "1.0"
PATIENT_PRODUCER = "patient-service"

PATIENT_FIELDS = ("vorname", "nachname", "anrede", "email", "telefon", "status")
"""The fields of `payload.patient_data`; the API answers the same ones, and `id`."""

STATUSES = (
    "offen",
    "auf der Suche",
    "in Therapie",
    "Therapie abgeschlossen",
    "Suche abgebrochen",
    "Therapie abgebrochen",
)
