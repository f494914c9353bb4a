"""A stack for the length of a command: it is stopped however the command ends."""

import atexit
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

from bdd.settings.settings import Settings
from bdd.stacks.base import Stack
from bdd.stacks.factory import make_stack, new_run_id
from bdd.system.signals import ignore_signals, signals_raise_interrupt


@contextmanager
def stopped_at_the_end(stack: Stack) -> Iterator[None]:
    """Stop the stack when the block ends; until then each signal that ends the command raises KeyboardInterrupt."""
    atexit.register(stack.stop)  # in case a second signal ends the clean-up
    with signals_raise_interrupt():
        try:
            yield
        finally:
            ignore_signals()
            with redirect_stdout(sys.stderr):
                stack.stop()
            atexit.unregister(stack.stop)


@contextmanager
def started_stack(settings: Settings) -> Iterator[Stack]:
    """Yield the stack that the settings ask for, started; it is stopped when the block ends.

    The progress of its start goes to stderr: stdout is for the command's own output.

    Raises:
        CannotStart: it did not start; what had been started is removed.
    """
    stack = make_stack(settings, new_run_id())
    with stopped_at_the_end(stack):
        with redirect_stdout(sys.stderr):
            stack.start()
        yield stack
