"""Evidence: what is kept of a failed scenario."""
