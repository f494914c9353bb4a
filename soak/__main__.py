"""Runs the soak: `python -m soak [--runs 200] [--only CONDITION] [--list]`.

Exit code: 0 when no run was red, 1 when one was or the soak broke, 130 when it was interrupted. What red runs left,
and the figures as JSON, are in `reports/soak/`.
"""

import argparse
import json
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from bdd.settings.settings import load_settings
from bdd.stacks.embedded.distribution import BrokerUnavailable, prepare
from soak.conditions import CONDITIONS, Condition, allot
from soak.soaking import Result, Soak

REPORT = Path("reports/soak")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for and return the exit code."""
    options = _parser().parse_args(arguments)
    if options.list:
        print("\n".join(f"{condition.name:18}{condition.description}" for condition in CONDITIONS))
        return 0
    _on_signals(_interrupt)
    results: list[Result] = []
    try:
        _soak([each for each in CONDITIONS if not options.only or each.name in options.only], options.runs, results)
    except KeyboardInterrupt:
        print("\nInterrupted: these are the conditions that were complete.", file=sys.stderr)
        return 130
    except (AssertionError, BrokerUnavailable, OSError) as error:
        print(f"\nThe soak cannot go on: {error}", file=sys.stderr)
        return 1
    finally:
        _report(results)
    return 1 if any(result.red for result in results) else 0


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    """End the soak; a second signal does not end its clean-up."""
    _on_signals(lambda _number, _frame: None)
    raise KeyboardInterrupt


def _on_signals(handler: Callable[[int, FrameType | None], object]) -> None:
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, handler)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m soak", description="The features under bad conditions.")
    parser.add_argument("--runs", type=int, default=200, help="how many runs, divided among the conditions (200)")
    names = [condition.name for condition in CONDITIONS]
    parser.add_argument("--only", action="append", choices=names, help="only this condition; may be repeated")
    parser.add_argument("--list", action="store_true", help="list the conditions")
    return parser


def _soak(conditions: Sequence[Condition], runs: int, results: list[Result]) -> None:
    """Append the result of each condition as soon as it is complete."""
    shutil.rmtree(REPORT, ignore_errors=True)
    REPORT.mkdir(parents=True)
    distribution = prepare(load_settings({}).cache_dir, print)
    with tempfile.TemporaryDirectory(prefix="soak-", ignore_cleanup_errors=True) as folder:
        soak = Soak(distribution, Path(folder), REPORT, lambda line: print(line, flush=True))
        for condition, count in zip(conditions, allot(runs, conditions).values(), strict=True):
            print(f"\n{condition.name}: {condition.description}", flush=True)
            results.append(soak.under(condition, count))


def _report(results: Sequence[Result]) -> None:
    print(f"\n{'condition':18}{'runs':>6}{'scenarios':>11}{'red':>5}{'median seconds':>16}")
    for result in results:
        print(
            f"{result.condition.name:18}{len(result.outcomes):6}{result.scenarios:11}{result.red:5}"
            f"{result.median_seconds:16.1f}"
        )
    figures = [
        {
            "condition": result.condition.name,
            "description": result.condition.description,
            "runs": len(result.outcomes),
            "scenarios": result.scenarios,
            "red": result.red,
            "median_seconds": round(result.median_seconds, 2),
        }
        for result in results
    ]
    (REPORT / "soak.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
