"""What the platform promises, and how a value breaks it."""
