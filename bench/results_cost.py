"""What writing results costs a run: `python -m bdd bench results [RUNS]`.

The features run in turn with and without results. The difference of such runs is small beside their noise, so what
the results take is also measured inside the runs that have them, in the thread that executes the scenarios. That
is what the goal is held against.
"""

import json
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from bdd.system.paths import ROOT
from bdd.system.processes import run_command
from bench.cost import Cost, load, measured, median_of
from bench.features_run import WITH, WITHOUT

_LONGEST = 300.0  # seconds


def compare(runs: int) -> None:
    """Run the features in turn with and without results, and print the medians.

    Args:
        runs: how many runs there are of each kind.
    """
    wholes: dict[str, list[Cost]] = {WITH: [], WITHOUT: []}
    insides: list[Cost] = []
    with tempfile.TemporaryDirectory(prefix="bdd-bench-") as place:
        for _ in range(runs):
            for kind, costs in wholes.items():
                costs.append(measured(partial(_run, kind, Path(place)))[1])
            insides.append(Cost(*json.loads((Path(place) / WITH).read_text(encoding="utf-8"))))
    print(f"medians of {runs} runs of each kind, in turn; {load()}\n")
    _print_table(wholes[WITH], wholes[WITHOUT], median_of(insides))


def _run(kind: str, place: Path) -> None:
    settings = [f"results_dir={place / 'results'}", f"evidence_dir={place / 'evidence'}"]
    options = [argument for each in settings for argument in ("-D", each)]
    command = [sys.executable, "-m", "bench.features_run", kind, str(place / kind), *options]
    run_command([*command, "-f", "null", "features/"], cwd=ROOT, timeout=_LONGEST)


def _print_table(with_results: Sequence[Cost], without: Sequence[Cost], inside: Cost) -> None:
    more, base = median_of(with_results), median_of(without)
    print(f"{'seconds':44}{'clock':>9}{'processor':>12}")
    for name, cost in {"with results": more, "without": base, "results, measured inside": inside}.items():
        print(f"{name:44}{cost.clock:9.2f}{cost.processor:12.2f}")
    print(f"\n{'percent of a run without results':44}{'clock':>9}{'processor':>12}")
    rows = {
        "the difference": Cost(more.clock - base.clock, more.processor - base.processor),
        "how far runs without results lie apart": Cost(
            *(max(each) - min(each) for each in zip(*without, strict=True))
        ),
        "results, measured inside": inside,
    }
    for name, cost in rows.items():
        goal = "   goal: 3" if cost is inside else ""
        clock, processor = 100 * cost.clock / base.clock, 100 * cost.processor / base.processor
        print(f"{name:44}{clock:9.1f}{processor:12.1f}{goal}")
