"""What a run says on the console, beside what behave prints."""

import sys
from collections.abc import Mapping

from bdd.masking import mask


def say(line: str) -> None:
    """Print a line at once, also into a pipe, without the secrets in it."""
    sys.stdout.write(mask(line) + "\n")
    sys.stdout.flush()


def durations(parts: Mapping[str, float]) -> str:
    """Return named durations (in seconds) as one line: `start 1.8 s, scenarios 1.2 s`."""
    return ", ".join(f"{name} {seconds:.1f} s" for name, seconds in parts.items())
