"""What a defect is: something that the service does wrong, and what the suite must report of it."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from proof.outgoing import Publish
from proof.traffic import Serve


@dataclass(frozen=True)
class Defect:
    """A defect of the service.

    Attributes:
        feature: the feature file that is run against it.
        name: letters, digits and hyphens.
        description: what the service does wrong, in a sentence.
        pattern: a regular expression that the failure's headline or the audit's finding must match.
        publish: changes what goes to Kafka.
        scenario: a part of a scenario's name, where not the whole file is run.
        settling: how long the audit waits for late events, in seconds.
        noticed_by: a regular expression for the scenario that must notice it, where it must be that one.
        serve: changes what goes over HTTP; with `publish`, the defect is in how the two go together.
        is_stored: whether `serve` changes what is stored, and not only the response.
        service: the service that has it.
        same_ids: whether patients and therapists must have the same ids at the same time.
    """

    feature: str
    name: str
    description: str
    pattern: str
    publish: Publish | None = None
    scenario: str = ""
    settling: float = 0.5
    noticed_by: str = ""
    serve: Serve | None = None
    is_stored: bool = False
    service: str = "patient-service"
    same_ids: bool = False

    @property
    def count(self) -> int:
        """How many defects it is."""
        return 1

    @property
    def layer(self) -> str:
        """Where the defect is."""
        return "publisher" if self.publish else "store" if self.is_stored else "HTTP"


def served(feature: str, name: str, description: str, pattern: str, serve: Serve, **more: Any) -> Defect:
    """Return a defect of what goes over HTTP or is stored; the arguments are the attributes of `Defect`."""
    return Defect(feature, name, description, pattern, serve=serve, **more)


in_envelope = partial(Defect, "event_envelope")
"""Returns a defect that shows in every event, as most do."""
created, updated, deleted, in_order = (
    partial(Defect, f"patient_{each}") for each in ("created", "updated", "deleted", "order")
)

SOUND = Defect("", "sound", "nothing is wrong", pattern="")
"""The control: the same wrapper around the service, and no defect."""
