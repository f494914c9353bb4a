"""Reports of a run: the verdict and JUnit files."""
