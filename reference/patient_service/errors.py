"""Why the service does not start."""


class CannotStartError(Exception):
    """Something that the service needs is not there. The message says what, and what to do."""

    exit_code = 1


class WrongSettingError(CannotStartError):
    """A setting has a value the service cannot work with. The message is one sentence that names it."""

    exit_code = 2
