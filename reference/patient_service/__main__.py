"""Starts the service: `python -m reference.patient_service`."""

import sys
from typing import TYPE_CHECKING

from reference.shared.settings import Settings
from reference.shared.start import start

if TYPE_CHECKING:
    from reference.shared.service import Service

DEFAULTS = Settings(database_url="sqlite:///patients.db", port=8001)


def main() -> int:
    """Run the service; return its exit code."""
    return start(_service, DEFAULTS)


def _service() -> "Service":
    from reference.patient_service.service import PATIENT_SERVICE  # noqa: PLC0415 - start() says when

    return PATIENT_SERVICE


if __name__ == "__main__":
    sys.exit(main())
