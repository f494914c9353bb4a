"""Runs the suite for a scheduler, and ends with an exit code, a report and a notice: docs/nightly.md."""
