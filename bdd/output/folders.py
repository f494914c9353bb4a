"""Checks before a run starts that its files can be written."""

from pathlib import Path


class CannotWrite(Exception):
    """A folder cannot be written; the message says what to do."""


def check_writable(folder: Path, setting: str = "") -> None:
    """Check that a folder, or its nearest existing parent, can be written.

    Args:
        folder: it need not exist yet.
        setting: how to choose another folder, for the message; empty if that is impossible.

    Raises:
        CannotWrite: it cannot be written.
    """
    existing = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())
    probe = existing / ".writable"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise CannotWrite(
            f"The folder {folder} cannot be written: {error.strerror} ({existing}). Make room or correct its "
            f"permissions{f', or name another one: {setting}' if setting else '.'}"
        ) from error
