"""`python -m bdd doctor`: looks at one stack, check by check, and names the next command to type."""
