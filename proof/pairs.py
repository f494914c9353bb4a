"""Pairs of defects at once: the causes that a run tells must be both of them, and nothing else."""

from dataclasses import dataclass

from proof.defect import Defect
from proof.defects import DEFECTS
from proof.outgoing import Outgoing


@dataclass(frozen=True)
class Pair(Defect):
    """A defect that is two.

    Attributes:
        parts: the two.
    """

    parts: tuple[Defect, ...] = ()

    @property
    def count(self) -> int:
        """How many defects it is."""
        return len(self.parts)


# No two of which one hides the other: without a patient.created event no scenario gets to a change or a deletion.
_NAMES = (
    ("key-none", "version-wrong"),
    ("telefon-null", "producer-wrong"),
    ("timestamp-local", "anrede-missing"),
    ("envelope-extra-field", "status-enum-name"),
    ("timestamp-early", "email-missing"),
    ("version-number", "vorname-null"),
    ("updated-twice-other-id", "deleted-never"),
    ("updated-never", "deleted-twice-same-id"),
    ("deleted-as-updated", "refused-names-no-field"),
    ("deleted-with-data", "refused-answers-422"),
    ("anrede-old", "deleted-message-wrong"),
    ("telefon-old", "refused-answers-500"),
    ("deleted-then-tombstone", "nothing-accepted-as-a-name"),
    ("updated-changes-only", "unknown-deleted-answers-200"),
    ("created-twice-same-id", "large-id-answers-500"),
    ("partition-alternating", "refused-with-a-list"),
    ("quick-changes-lost", "list-has-everybody-twice"),
    ("deleted-before-the-commit", "updated-twice-same-id"),
    ("block-as-change", "therapist-unknown-status-500"),
    ("unblock-never", "therapist-refused-with-lists"),
)


def _both(first: Defect, second: Defect) -> Pair:
    def publish(out: Outgoing) -> list[Outgoing]:
        once = first.publish(out) if first.publish else [out]
        return [twice for each in once for twice in (second.publish(each) if second.publish else [each])]

    return Pair(
        feature="",
        name=f"{first.name}+{second.name}",
        description=f"{first.description}, and {second.description}",
        pattern="",
        publish=publish,
        serve=first.serve or second.serve,
        service=first.service,
        parts=(first, second),
    )


_BY_NAME = {defect.name: defect for defect in DEFECTS}
PAIRS = tuple(_both(_BY_NAME[first], _BY_NAME[second]) for first, second in _NAMES)
