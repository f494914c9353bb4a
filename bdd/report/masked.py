"""Masks what behave reports: its formatters print messages, its JUnit reporter keeps them."""

from collections.abc import Iterable
from typing import Any

from behave.model import Scenario

from bdd.output.console import interrupt_on_closed_pipe
from bdd.output.masking import mask
from bdd.output.printable import printable


class MaskedStream:
    """A stream that gets no secrets, and whose reader may go; all else is as it was."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text without its secrets."""
        try:
            self._stream.write(mask(text))
        except BrokenPipeError:
            interrupt_on_closed_pipe()
        return len(text)

    def flush(self) -> None:
        """Write what was kept back."""
        try:
            self._stream.flush()
        except BrokenPipeError:
            interrupt_on_closed_pipe()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def mask_formatters(formatters: Iterable[Any]) -> None:
    """From now on mask what these formatters of behave print."""
    for formatter in formatters:
        if formatter.stream:  # the one that opens it later writes no messages, only names of scenarios
            masked = MaskedStream(formatter.stream)
            formatter.stream = formatter.stream_opener.stream = masked  # behave compares the two


def mask_failures(scenario: Scenario) -> None:
    """Mask the messages of a scenario that has ended, before reporters read them, and make them fit for XML."""
    for step in scenario.all_steps:
        if step.exception is not None:
            step.error_message = printable(mask(step.error_message or ""))
            step.exception.args = (printable(mask(str(step.exception))),)
