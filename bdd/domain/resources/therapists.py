"""Therapists: a change of status chooses which event is published."""

from bdd.domain.resource import Data, Resource, Service

STATUS = "status"
ACTIVE, BLOCKED = "aktiv", "gesperrt"
REASON = "sperrgrund"


class _Therapists(Resource):
    def published_by_change(self, before: Data, after: Data) -> str:
        """Return the event of a block, of its end, or of any other change."""
        old, new = before[STATUS], after[STATUS]
        if new == BLOCKED != old:
            return "therapist.blocked"
        if old == BLOCKED and new == ACTIVE:
            return "therapist.unblocked"
        return "therapist.updated"


RESOURCE = _Therapists(
    "therapist", "/api/therapists", Service("therapist-service", 8002), payload_fields={"reason": REASON}
)
