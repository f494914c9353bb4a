"""What makes the shared parts the patient service."""

from reference.patient_service.events import PRODUCER, TOPIC, patient_event
from reference.patient_service.models import Patient
from reference.patient_service.validation import RULES
from reference.shared.service import Service

PATIENT_SERVICE = Service(
    name=PRODUCER, topic=TOPIC, path="/api/patients", table=Patient, rules=RULES, event=patient_event
)
