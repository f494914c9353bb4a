"""A stack for the length of a command: started, handed out, and removed however the command ends."""

import atexit
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

from bdd.settings.settings import Settings
from bdd.stacks.base import Stack
from bdd.stacks.factory import make_stack, new_run_id
from bdd.system.signals import ignore_signals, signals_raise_interrupt


@contextmanager
def removed_at_the_end(stack: Stack) -> Iterator[None]:
    """Remove the stack when the block ends; every ending signal is a KeyboardInterrupt meanwhile."""
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
def opened(settings: Settings) -> Iterator[Stack]:
    """Yield the stack that the settings ask for, started; it is removed when the block ends.

    What the stack says on its way goes to stderr: stdout is for what the command prints.

    Raises:
        CannotStart: it did not come up; what had been started is removed.
    """
    stack = make_stack(settings, new_run_id())
    with removed_at_the_end(stack):
        with redirect_stdout(sys.stderr):
            stack.start()
        yield stack
