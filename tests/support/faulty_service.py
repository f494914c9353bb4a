"""The proof's broken service, with defects that show on a busy machine too: `python -m … NAME FIRST_ID`.

What it publishes late is delayed even more, so that the run has looked before: the tests of the audit need that.
"""

import sys
from collections import Counter
from dataclasses import replace
from unittest.mock import patch

from proof import broken_service, defects
from proof.broken_service import BrokenProducer
from proof.defect import Defect, published
from proof.outgoing import UPDATED, Outgoing, Publish, only

LATER_BY = 4
"""How many times as late as the defect's name says."""
LATE_SETTLING = 15
"""What the audit has to wait for an event that comes 4 * 1.5 s late: a few seconds more than that."""


def _every_other_change_lost() -> Publish:
    changes: Counter[bytes | None] = Counter()

    def publish(out: Outgoing) -> list[Outgoing]:
        changes[out.key] += 1
        return [out] if changes[out.key] % 2 else []

    return only([UPDATED], publish)


EVERY_OTHER_CHANGE_LOST = published(
    "",
    "every-other-change-lost",
    "a patient's second change, fourth one and so on are not published",
    "",
    _every_other_change_lost(),
)


def find(name: str) -> Defect:
    """Return a defect of the proof, or the one that is added here.

    Raises:
        KeyError: there is none.
    """
    return EVERY_OTHER_CHANGE_LOST if name == EVERY_OTHER_CHANGE_LOST.name else defects.find(name)


def main() -> int:
    """Run the service until it is stopped; return its exit code."""
    send = BrokenProducer.send

    def send_later(producer: BrokenProducer, out: Outgoing) -> None:
        send(producer, replace(out, after=LATER_BY * out.after))

    with patch.object(BrokenProducer, "send", send_later), patch.object(broken_service, "find", find):
        return broken_service.main()


if __name__ == "__main__":
    sys.exit(main())
