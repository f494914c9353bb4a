"""The commands of `python -m bdd`."""
