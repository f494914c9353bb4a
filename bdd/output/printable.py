"""Escapes text of unknown origin for consoles and XML."""

import re

from bdd.output.masking import mask

# What XML does not allow, what controls a terminal, and unusual line separators.
_UNFIT = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


def in_one_line(text: str) -> str:
    """Return a text with all unprintable characters escaped, including line breaks."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def printable(text: str) -> str:
    """Return a text with all characters escaped that XML or a terminal cannot take; line breaks and tabs stay."""
    return _UNFIT.sub(lambda found: ascii(found[0])[1:-1], text)


def fit_for_report(text: str) -> str:
    """Return a text without its secrets, and without characters that XML or a terminal cannot take."""
    return printable(mask(text))


def first_line(text: str) -> str:
    """Return the first line of a text that is not empty."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")
