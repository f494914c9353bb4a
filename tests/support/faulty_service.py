"""The proof's broken service, which publishes late events even later: `python -m … SERVICE NAME FIRST_ID`.

On a busy machine too, a run has looked before they arrive: the tests of the audit need that.
"""

import sys
from dataclasses import replace
from unittest.mock import patch

from proof import broken_service
from proof.broken_service import BrokenProducer
from proof.outgoing import Outgoing

LATER_BY = 4
"""How many times as late as the defect's name says."""
LATE_SETTLING = 15
"""What the audit has to wait for an event that comes 4 * 1.5 s late: a few seconds more than that."""


def main() -> int:
    """Run the service until it is stopped; return its exit code."""
    send = BrokenProducer.send

    def send_later(producer: BrokenProducer, out: Outgoing) -> None:
        send(producer, replace(out, after=LATER_BY * out.after))

    with patch.object(BrokenProducer, "send", send_later):
        return broken_service.main()


if __name__ == "__main__":
    sys.exit(main())
