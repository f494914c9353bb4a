"""Checks the file `.env`: a line that cannot be parsed would otherwise be ignored without a word."""

from collections.abc import Iterator
from pathlib import Path

from dotenv.parser import parse_stream


def errors_in(file: Path, prefix: str) -> Iterator[str]:
    """Yield a sentence for each line of the file that is not a setting; the file need not exist.

    No sentence contains the line itself, which may hold a secret.

    Args:
        file: `NAME=value` lines, comments, and lines for other programs.
        prefix: the beginning of the names of settings; any other name may stand without a value.
    """
    if not file.exists() or file.is_dir():  # some call a virtual environment .env
        return
    try:
        with file.open(encoding="utf-8") as stream:
            lines = list(parse_stream(stream))
    except UnicodeDecodeError:
        yield f"The file {file} is not text in UTF-8. Save it in that encoding."
        return
    except OSError as error:
        yield f"The file {file} cannot be read: {error.strerror}. Correct its permissions, or remove it."
        return
    for line in lines:
        # The parser's own number is that of the empty lines before the statement.
        text = line.original.string
        number = line.original.line + text[: len(text) - len(text.lstrip())].count("\n")
        if line.error:
            yield (
                f"Line {number} of {file} cannot be read. It must be NAME=value, each quotation mark that opens "
                "needs one that closes, and a comment begins with #."
            )
        elif line.value is None and (line.key or "").upper().startswith(prefix):
            yield f"Line {number} of {file} has no value. Write {line.key}=…, or remove the line."
