"""`python -m bdd watch`."""
