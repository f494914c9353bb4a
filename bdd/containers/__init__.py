"""Docker: the engine, what runs in it, Docker Compose, and what a run leaves there."""
