"""A run for a scheduler, with nobody there: it ends with an exit code, a report and a notice. See docs/nightly.md."""
