"""What makes the shared parts the therapist service."""

from reference.shared.service import Service
from reference.therapist_service.events import PRODUCER, TOPIC, therapist_event
from reference.therapist_service.models import Therapist
from reference.therapist_service.validation import RULES

THERAPIST_SERVICE = Service(
    name=PRODUCER, topic=TOPIC, path="/api/therapists", table=Therapist, rules=RULES, event=therapist_event
)
