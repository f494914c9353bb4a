"""A run for a scheduler, with nobody there. It ends with an exit code, a report and a notice: docs/nightly.md."""
