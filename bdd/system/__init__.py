"""This machine: processes, network, signals, waiting."""
