"""Masks secrets in the output of behave's formatters and in its JUnit files."""

from typing import Any

from bdd.output.console import interrupt_on_closed_pipe
from bdd.output.masking import mask
from bdd.output.printable import printable


class MaskedStream:
    """A stream that masks secrets, and interrupts the run when its reader has ended."""

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
        """Flush the stream."""
        try:
            self._stream.flush()
        except BrokenPipeError:
            interrupt_on_closed_pipe()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def fit_for_report(text: str) -> str:
    """Return a text without its secrets and without characters that XML or a terminal cannot take."""
    return printable(mask(text))
