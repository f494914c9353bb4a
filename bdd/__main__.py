"""The project's own commands: `python -m bdd --help`."""

from bdd.commands.cli import app
from bdd.output.encoding import let_every_text_be_printed

let_every_text_be_printed()
app(prog_name="python -m bdd")
