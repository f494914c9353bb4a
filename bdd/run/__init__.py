"""One run of behave, from its hooks to its verdict."""
