"""A small platform that keeps the platform's contract, for runs without Docker and for learning from."""
