"""The project's own commands: `python -m bdd --help`."""

from bdd.commands.cli import app
from bdd.output.console import escape_unencodable_output

escape_unencodable_output()
app(prog_name="python -m bdd")
