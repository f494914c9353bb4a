"""`python -m bdd watch`: shows events as they are published."""
