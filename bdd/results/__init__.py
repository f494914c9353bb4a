"""The results of runs: what every report, notice and history is made from. docs/results.md describes the file."""
