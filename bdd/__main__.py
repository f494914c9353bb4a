"""The project's own commands: `python -m bdd --help`."""

from bdd.cli import app

app(prog_name="python -m bdd")
