"""What the command lines of the benchmarks share."""

import argparse


def count(text: str) -> int:
    """Return how many of something there shall be.

    Raises:
        ArgumentTypeError: it is no number, or fewer than two, which have no spread.
    """
    if not text.isdecimal() or int(text) < 2:  # noqa: PLR2004
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 2 on")
    return int(text)
