"""What `make` calls: the mutants of `make mutate`."""
