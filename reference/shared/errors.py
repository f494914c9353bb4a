"""The errors that prevent a start."""


class CannotStartError(Exception):
    """Something that the service needs is missing. The message names it, and what to do."""

    exit_code = 1


class WrongSettingError(CannotStartError):
    """A setting is wrong. The message is one sentence that names it."""

    exit_code = 2
