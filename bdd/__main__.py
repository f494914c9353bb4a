"""The project's own commands: `python -m bdd --help`."""

import sys

from bdd.system.signals import INTERRUPTED

try:
    # In here, for an interruption while modules are loaded needs no traceback either.
    from bdd.commands.cli import app
    from bdd.output.console import escape_unencodable_output

    escape_unencodable_output()
    app(prog_name="python -m bdd")
except KeyboardInterrupt:
    sys.exit(INTERRUPTED)
