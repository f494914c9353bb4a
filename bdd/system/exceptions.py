"""Chains of exceptions: the root cause of an error."""

from collections.abc import Iterator


def root_cause(error: BaseException) -> str:
    """Return the message of the root cause; what libraries wrap around it helps nobody."""
    *_, error = exception_chain(error)
    return str(error) or type(error).__name__


def exception_chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those that caused it, the root cause last."""
    each: BaseException | None = error
    while each:
        yield each
        each = each.__cause__ or each.__context__
