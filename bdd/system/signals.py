"""The signals that end a run or a command: Ctrl-C, a request to end, and a terminal that was closed."""

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

INTERRUPTED = 130
"""The exit code of a command that was ended before it was done, as shells have it."""

# Windows has no SIGHUP.
_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextmanager
def signals_raise_interrupt() -> Iterator[None]:
    """Do as `raise_interrupt_on_signals` until the block ends; then the handlers that were there are back."""
    before = raise_interrupt_on_signals()
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def raise_interrupt_on_signals() -> Mapping[int, Any]:
    """Make a KeyboardInterrupt of each, so that what was started is removed; return the handlers that were there.

    One that is ignored stays ignored: whoever started the run with `nohup` wants it to go on.
    """
    heard = [each for each in _SIGNALS if signal.getsignal(each) is not signal.SIG_IGN]
    return {each: signal.signal(each, signal.default_int_handler) for each in heard}


def ignore_signals() -> None:
    """Let them come to nothing: what a run removes at its end takes a second or two, and must not be cut short."""
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_IGN)
