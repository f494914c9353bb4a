"""The envelope around every event of the platform."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4


@dataclass(frozen=True, kw_only=True)
class EventSchema:
    """One event. A new one gets a unique id and the current time in UTC."""

    event_type: str
    producer: str
    payload: Mapping[str, object]
    version: str = "1.0"
    event_id: str = field(default_factory=lambda: str(uuid4()))
    timestamp: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="microseconds"))

    def to_json(self) -> str:
        """Return the event as it is sent to Kafka: names in camelCase, letters such as ü not escaped."""
        envelope = {
            "eventId": self.event_id,
            "eventType": self.event_type,
            "version": self.version,
            "timestamp": self.timestamp,
            "producer": self.producer,
            "payload": self.payload,
        }
        return json.dumps(envelope, ensure_ascii=False)
