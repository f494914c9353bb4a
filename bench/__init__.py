"""Benchmarks that compare side by side: `python -m bench.check_cost`, `python -m bench.history_cost`."""
