"""Starts the service: `python -m reference.therapist_service`."""

import sys
from typing import TYPE_CHECKING

from reference.shared.settings import Settings
from reference.shared.start import start

if TYPE_CHECKING:
    from reference.shared.service import Service

DEFAULTS = Settings(database_url="sqlite:///therapists.db", port=8002)


def main() -> int:
    """Run the service; return its exit code."""
    return start(_service, DEFAULTS)


def _service() -> "Service":
    from reference.therapist_service.service import THERAPIST_SERVICE  # noqa: PLC0415 - start() says when

    return THERAPIST_SERVICE


if __name__ == "__main__":
    sys.exit(main())
