"""Makes sure that every text can be printed, whatever the console can show."""

import io
import sys


def escape_unencodable_output() -> None:
    """Let stdout and stderr write what their encoding lacks as an escape, where a fault would come.

    A pipe under `LANG=C` has no umlaut, and a Windows console lacks many characters.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a test puts others in their place
            stream.reconfigure(errors="backslashreplace")
