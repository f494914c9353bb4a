"""Faults of libraries, in words."""


def innermost(fault: BaseException) -> str:
    """Return the innermost reason: what libraries wrap around it helps nobody."""
    while inner := (fault.__cause__ or fault.__context__):
        fault = inner
    return str(fault) or type(fault).__name__
