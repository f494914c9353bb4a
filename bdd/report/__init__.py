"""Reports of a run: the verdict and its causes."""
