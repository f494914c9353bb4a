"""Checks the file `.env`: a line that cannot be parsed would otherwise be ignored without a word."""

import re
from collections.abc import Iterator
from pathlib import Path

from dotenv.parser import parse_stream


def may_hold_settings(file: Path, prefix: str) -> bool:
    """Return whether a file is there and has this prefix in it, or cannot be read; it may be for others only."""
    if not file.exists() or file.is_dir():  # some call a virtual environment .env
        return False
    try:
        content = file.read_bytes()
    except OSError:
        return True
    return prefix.encode() in content.replace(b"\0", b"").upper()  # of UTF-16 it must be said that it is not read


def errors_in(file: Path, prefix: str) -> Iterator[str]:
    """Yield a sentence for each line of the file that should be a setting and is not.

    No sentence contains the line itself, which may hold a secret.

    Args:
        file: `NAME=value` lines, comments, and lines for other programs, whatever is in them.
        prefix: the beginning of the names of settings.
    """
    try:
        with file.open(encoding="utf-8") as stream:
            lines = list(parse_stream(stream))
    except UnicodeDecodeError:
        yield f"The file {file} is not text in UTF-8. Save it in that encoding."
        return
    except OSError as error:
        yield f"The file {file} cannot be read: {error.strerror}. Correct its permissions, or remove it."
        return
    name = re.compile(rf"^\ufeff?\s*(?:export\s+)?{prefix}", re.IGNORECASE | re.MULTILINE)
    for line in lines:
        # The parser's own number is that of the empty lines before the statement.
        text = line.original.string
        number = line.original.line + text[: len(text) - len(text.lstrip())].count("\n")
        own = (line.key or "").upper().startswith(prefix)
        # Quotation marks that do not close, or close too late, take in the settings of other lines.
        if len(name.findall(text)) > (own and not line.error):
            yield (
                f"Line {number} of {file} cannot be read. It must be NAME=value, each quotation mark that opens "
                "needs one that closes, and a comment begins with #."
            )
        elif own and line.value is None:
            yield f"Line {number} of {file} has no value. Write {line.key}=…, or remove the line."
