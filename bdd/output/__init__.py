"""Console output, masking of secrets, and folders for what a run leaves."""
