"""The drivers of the acceptance suite: everything between a step and the outside world."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the reader of this sentence is the one with the old Python
    raise SystemExit(
        f"This suite needs Python 3.11 or later; this is {sys.version.split()[0]} ({sys.executable}). "
        "Install a newer one and run: make acceptance PYTHON=python3.11"
    )
if not __debug__:
    raise SystemExit(
        "This suite does not run with python -O or PYTHONOPTIMIZE: Python would leave out the assertions, "
        "so that steps would check nothing. Leave out -O, and unset PYTHONOPTIMIZE."
    )
