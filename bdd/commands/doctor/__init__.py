"""`python -m bdd doctor`."""
