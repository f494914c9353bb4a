"""What making and opening a report costs: `python -m bdd bench report [SCENARIOS] [RUNS]`.

A process of its own makes the report, as a user does. Reading the results and making the pages are measured once
more inside this process, without the start of Python and what is loaded.
"""

import sys
import tempfile
from pathlib import Path

from bdd.pages.report import make_report
from bdd.results.folder import read_history, read_run, write_run
from bdd.system.paths import ROOT
from bdd.system.processes import run_command
from bench.cost import load, measured, median_of
from bench.first_paint import first_paints
from bench.synthetic import nights

_REPORTS = 3


def measure(scenarios: int, runs: int) -> None:
    """Write the results, make the report, open its pages, and print what each costs.

    Args:
        scenarios: how many each run has.
        runs: how many runs the history has.
    """
    with tempfile.TemporaryDirectory(prefix="bdd-bench-") as place:
        results, pages = Path(place, "results"), Path(place, "pages")
        for run in nights(scenarios, runs):
            write_run(results / f"{run.run.id}.json", run)
        print(f"{scenarios} scenarios, {runs} runs of {_megabytes(results) / runs:.1f} MB each; {load()}\n")
        _print_making(results, pages, runs)
        count = sum(each.is_file() for each in pages.rglob("*"))
        print(f"{f'the folder of the report, {count} files':44}{_megabytes(pages):9.1f} MB   goal: 30\n")
        _print_paints(pages)


def _print_making(results: Path, pages: Path, runs: int) -> None:
    whole = [measured(lambda: _make_report(results, pages, runs))[1] for _ in range(_REPORTS)]
    newest = max(results.iterdir())
    run, reading_run = measured(lambda: read_run(newest))
    history, reading_history = measured(lambda: read_history(results, run, runs))
    _, making = measured(lambda: make_report(run, history, pages))
    print(f"{'seconds':44}{'clock':>9}{'processor':>12}")
    rows = {
        f"python -m bdd report, median of {_REPORTS}": median_of(whole),
        "  reading the newest run": reading_run,
        "  reading the history": reading_history,
        "  making the pages": making,
    }
    for name, cost in rows.items():
        goal = "" if name.startswith(" ") else "   goal: 5"
        print(f"{name:44}{cost.clock:9.2f}{cost.processor:12.2f}{goal}")


def _make_report(results: Path, pages: Path, runs: int) -> None:
    report = [sys.executable, "-m", "bdd", "report", "-D", f"results_dir={results}", "-D", f"history={runs}"]
    run_command([*report, "--output", str(pages)], cwd=ROOT)


def _print_paints(folder: Path) -> None:
    largest = max(folder.glob("scenarios/*.html"), key=lambda each: each.stat().st_size)
    pages = [folder / "index.html", largest, folder / "gaps.html", folder / "history.html"]
    paints = first_paints(pages)
    print(f"{'seconds from opening the page':44}{'first paint':>12}{'contentful':>12}")
    for page in pages:
        name = f"{'the largest scenario' if page == largest else page.name}, {page.stat().st_size / 1000:.0f} kB"
        shown = "".join(f"{each:12.2f}" for each in paints.get(page, ())) or f"{'no Chromium':>24}"
        print(f"{name:44}{shown}   goal: 1")


def _megabytes(folder: Path) -> float:
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file()) / 1e6
