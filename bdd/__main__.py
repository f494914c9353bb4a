"""The project's own commands: `python -m bdd --help`."""

from bdd.cli import app
from bdd.report.printing import let_every_text_be_printed

let_every_text_be_printed()
app(prog_name="python -m bdd")
