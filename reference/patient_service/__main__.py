"""Starts the service: `python -m reference.patient_service`."""

import gc
import signal
import sys
from types import FrameType
from typing import NoReturn

from reference.patient_service.errors import CannotStartError
from reference.patient_service.settings import Settings


def main() -> int:
    """Run the service; return its exit code: 0 after a signal, 1 if it cannot start, 2 if a setting is wrong."""
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    try:
        settings = Settings.from_environment()
        # Imports make many objects and no garbage: no collection saves 70 ms. serve() enables it again.
        gc.disable()
        from reference.patient_service.service import serve  # noqa: PLC0415

        serve(settings)
    except CannotStartError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
