"""Faults of libraries, in words."""

from collections.abc import Iterator


def innermost(fault: BaseException) -> str:
    """Return the innermost reason: what libraries wrap around it helps nobody."""
    *_, fault = all_within(fault)
    return str(fault) or type(fault).__name__


def all_within(fault: BaseException) -> Iterator[BaseException]:
    """Yield a fault and those that it was made of, the innermost last."""
    within: BaseException | None = fault
    while within:
        yield within
        within = within.__cause__ or within.__context__
