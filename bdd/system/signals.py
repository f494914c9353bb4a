"""The signals that end a run or a command: Ctrl-C, a request to end, and a terminal that was closed."""

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

INTERRUPTED = 130
"""The exit code of an interrupted command, as in shells."""

# Windows has no SIGHUP.
_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


@contextmanager
def signals_raise_interrupt() -> Iterator[None]:
    """Let each signal raise KeyboardInterrupt until the block ends; then restore the previous handlers."""
    before = raise_interrupt_on_signals()
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def raise_interrupt_on_signals() -> Mapping[int, Any]:
    """Let each signal raise KeyboardInterrupt, so that clean-ups run; return the previous handlers.

    A signal that is ignored stays ignored, as under `nohup`.
    """
    handled = [each for each in _SIGNALS if signal.getsignal(each) is not signal.SIG_IGN]
    return {each: signal.signal(each, signal.default_int_handler) for each in handled}


def ignore_signals() -> None:
    """Ignore the signals while a run removes what it started, which takes a second or two."""
    for each in _SIGNALS:
        signal.signal(each, signal.SIG_IGN)
