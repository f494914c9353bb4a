"""Makes sure, before anything starts, that what a run leaves can be written."""

from pathlib import Path


class CannotWrite(Exception):
    """A folder cannot be written; the sentence says what to do."""


def check_writable(folder: Path, setting: str = "") -> None:
    """Check that the folder, or the one that it will be made in, can be written.

    Args:
        folder: where something is going to be left.
        setting: how another one is chosen, for the message; empty where none can be.

    Raises:
        CannotWrite: it cannot.
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
