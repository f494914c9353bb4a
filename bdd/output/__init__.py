"""What all that a run prints and leaves passes through."""
