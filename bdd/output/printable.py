"""Text that others have written, made fit for consoles and for XML."""

import re

# What XML cannot hold, what steers a terminal, and what breaks a line where none was meant to be broken.
_UNFIT = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


def in_one_line(text: str) -> str:
    """Return a text in which all that cannot be printed is escaped, new lines too: nothing steers a terminal."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def printable(text: str) -> str:
    """Return a text whose unfit characters are escaped as Python writes them; new lines and tabs stay."""
    return _UNFIT.sub(lambda found: ascii(found[0])[1:-1], text)
