"""Starts a service."""

import gc
import signal
import sys
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from reference.shared.errors import CannotStartError
from reference.shared.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference.shared.service import Service


def start(load: "Callable[[], Service]", defaults: Settings) -> int:
    """Run a service; return its exit code: 0 after a signal, 1 if it cannot start, 2 if a setting is wrong.

    Args:
        load: imports the service and returns it; called when the settings are known to be right.
        defaults: the settings where the environment has no others.
    """
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    try:
        settings = defaults.with_environment()
        # Imports make many objects and no garbage: no collection saves 70 ms. serve() enables it again.
        gc.disable()
        from reference.shared.serving import serve  # noqa: PLC0415

        serve(load(), settings)
    except CannotStartError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(0)
