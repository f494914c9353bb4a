"""Benchmarks that compare two sides in one run: `python -m bdd bench`."""
