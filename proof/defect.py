"""A defect: one seeded fault of the platform, and what the suite must say of it."""

from dataclasses import dataclass

from proof.outgoing import Publish
from proof.traffic import Serve

QUICK = 0.3
"""Seconds the audit waits where the defect is not about late events."""


@dataclass(frozen=True, kw_only=True)
class Defect:
    """One fault of the service.

    Attributes:
        name: letters, digits and hyphens.
        says: what the service does wrong, in a sentence.
        pattern: a regular expression that the failure's headline or the audit's finding must match.
        features: the feature files that are run against it.
        scenario: a part of a scenario's name, where not the whole files are run.
        settling: how long the audit waits for late events, in seconds.
        noticed_by: a regular expression for the scenario that must notice it, where it must be that one.
        publish: the fault, when it is in what goes to Kafka.
        serve: the fault, when it is in what goes over HTTP; with `publish`, it is in how the two go together.
        store: the fault, when it is in what is kept; put on around HTTP too.
    """

    name: str
    says: str
    pattern: str
    features: tuple[str, ...]
    scenario: str = ""
    settling: float = QUICK
    noticed_by: str = ""
    publish: Publish | None = None
    serve: Serve | None = None
    store: Serve | None = None

    @property
    def layer(self) -> str:
        """Where the fault is."""
        return "publisher" if self.publish else "store" if self.store else "HTTP"


def in_envelope(name: str, says: str, pattern: str, publish: Publish) -> Defect:
    """Return a defect that shows in every event, as most do."""
    return Defect(name=name, says=says, pattern=pattern, features=("event_envelope",), publish=publish)


SOUND = Defect(name="sound", says="nothing is wrong", pattern="", features=())
"""The control: the same wrapper around the service, and no fault."""
