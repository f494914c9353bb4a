"""`python -m bdd merge`: joins the results of shards."""

from collections.abc import Callable, Sequence
from pathlib import Path

from bdd.results.folder import UnreadableResults, read_run, write_run
from bdd.results.merging import CannotMerge, merge
from bdd.results.model import Run


def run_merge(given: Sequence[Path], into: Path | None, say: Callable[[str], object]) -> int:
    """Join the results of shards into one file, and return the exit code of their common verdict.

    Args:
        given: files of results, and folders that have nothing else in them.
        into: the file to write, None for one beside the first.
        say: called with each line for the user.
    """
    runs = list(_read(given, say))
    try:
        merged = merge(runs)
        file = into or (given[0] if given[0].is_dir() else given[0].parent) / f"{merged.run.id}.json"
        write_run(file, merged)
    except CannotMerge as error:
        say(str(error))
        return 2
    except OSError as error:
        say(f"The merged results cannot be written: {error.strerror} ({file}). Name another file: --into FILE")
        return 2
    say(f"{file}: {', '.join(merged.run.merged_from)}")
    say(merged.end.sentence if merged.end else "")
    return 0 if merged.green else 1


def _read(given: Sequence[Path], say: Callable[[str], object]) -> Sequence[Run]:
    """Return the runs in files. If one cannot be read, say why; its shard is missing then."""
    runs = []
    for path in given:
        for file in sorted(path.glob("*.json")) if path.is_dir() else [path]:
            try:
                run = read_run(file)
            except UnreadableResults as error:
                say(str(error))
                continue
            if not run.run.merged_from:  # an earlier merge may have left its result in the same folder
                runs.append(run)
    return runs
