"""`python -m bdd export`: writes results in the formats of other tools."""

import json
from collections.abc import Callable
from pathlib import Path

from bdd.results.ctrf import ctrf_of
from bdd.results.folder import UnreadableResults, read_run, results_at
from bdd.results.junit import junit_of


def export(
    results: Path | None, results_dir: Path, ctrf: Path | None, junit: Path | None, say: Callable[[str], object]
) -> int:
    """Write a run's results as CTRF and as JUnit, and return the exit code.

    Args:
        results: a file of results, or a folder, whose newest file is meant; None for that of `results_dir`.
        results_dir: the folder of the settings.
        ctrf: the file of the first format, None for none.
        junit: that of the second.
        say: called with each line for the user.
    """
    if not (ctrf or junit):
        say("Nothing to write: give --ctrf FILE, --junit FILE, or both.")
        return 2
    try:
        run = read_run(results_at(results, results_dir))
    except UnreadableResults as error:
        say(str(error))
        return 2
    document = json.dumps(ctrf_of(run), ensure_ascii=False, indent=1) + "\n"
    for file, content in ((ctrf, document.encode()), (junit, junit_of(run))):
        if file is None:
            continue
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        except OSError as error:
            say(f"{file} cannot be written: {error.strerror} ({error.filename or file}). Name another file.")
            return 1
        say(str(file))
    return 0
