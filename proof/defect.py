"""What a defect is: something that the service does wrong, and what the suite must report of it."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from proof.outgoing import Publish
from proof.traffic import Serve


@dataclass(frozen=True, kw_only=True)
class Defect:
    """A defect of the service.

    Attributes:
        name: letters, digits and hyphens.
        description: what the service does wrong, in a sentence.
        pattern: a regular expression that the failure's headline or the audit's finding must match.
        feature: the feature file that is run against it.
        scenario: a part of a scenario's name, where not the whole file is run.
        settling: how long the audit waits for late events, in seconds.
        noticed_by: a regular expression for the scenario that must notice it, where it must be that one.
        publish: changes what goes to Kafka.
        serve: changes what goes over HTTP; with `publish`, the defect is in how the two go together.
        is_stored: whether `serve` changes what is stored, and not only the response.
    """

    name: str
    description: str
    pattern: str
    feature: str
    scenario: str = ""
    settling: float = 0.5
    noticed_by: str = ""
    publish: Publish | None = None
    serve: Serve | None = None
    is_stored: bool = False

    @property
    def layer(self) -> str:
        """Where the defect is."""
        return "publisher" if self.publish else "store" if self.is_stored else "HTTP"


def published(feature: str, name: str, description: str, pattern: str, publish: Publish, **more: Any) -> Defect:
    """Return a defect of what goes to Kafka.

    Args:
        feature: the feature file that is run against it.
        name: its name.
        description: what the service does wrong.
        pattern: what the message must match.
        publish: changes what goes to Kafka.
        more: other attributes of `Defect`.
    """
    return Defect(name=name, description=description, pattern=pattern, feature=feature, publish=publish, **more)


def served(feature: str, name: str, description: str, pattern: str, serve: Serve, **more: Any) -> Defect:
    """Return a defect of what goes over HTTP, or of what is stored; the arguments are those of `published`."""
    return Defect(name=name, description=description, pattern=pattern, feature=feature, serve=serve, **more)


in_envelope = partial(published, "event_envelope")
"""Returns a defect that shows in every event, as most do."""

SOUND = Defect(name="sound", description="nothing is wrong", pattern="", feature="")
"""The control: the same wrapper around the service, and no defect."""
