"""Run every check of the project, one after the other, and sum them up: `run_tests.py [--only NAME]`."""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Self

PROJECT = Path(__file__).resolve().parent.parent
UNIT = "reports/unit.xml"
INTEGRATION = "reports/integration.xml"
FEATURES = "reports/junit"


@dataclass(frozen=True)
class Check:
    """A check: the Python module that is run, with its arguments, and where it leaves its JUnit XML, if it does."""

    name: str
    command: tuple[str, ...]
    junit: str | None = None
    is_module: bool = True

    @property
    def command_line(self) -> list[str]:
        """The whole command; what is no module is a program that was installed beside Python."""
        program, *arguments = self.command
        beside = shutil.which(program, path=Path(sys.executable).parent) or program
        return [sys.executable, "-m", *self.command] if self.is_module else [beside, *arguments]


CHECKS = (
    Check("format", ("ruff", "format", "--check")),
    Check("lint", ("ruff", "check")),
    Check("layers", ("lint-imports",), is_module=False),
    Check("types", ("mypy",)),
    Check("images", ("hadolint", "Dockerfile.bdd", "reference/Dockerfile"), is_module=False),
    Check("steps", ("behave", "--dry-run", "-f", "null")),
    Check("unit", ("pytest", "tests/unit", f"--junitxml={UNIT}"), UNIT),
    Check("integration", ("pytest", "tests/integration", f"--junitxml={INTEGRATION}"), INTEGRATION),
    Check("features", ("behave", "features/", "--junit", "--junit-directory", FEATURES), FEATURES),
)


@dataclass(frozen=True)
class Count:
    """How many tests passed, failed and were skipped."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Self) -> "Count":
        return Count(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self) -> str:
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


@dataclass(frozen=True)
class Result:
    """What came of a check; `remark` says why it is red where its tests do not."""

    name: str
    count: Count
    seconds: float
    remark: str = ""


def run_check(check: Check, project: Path = PROJECT) -> Result:
    """Run a check with its output shown as it comes; an older report of it is removed first."""
    print(f"\n== {check.name}: {' '.join(check.command)}", flush=True)
    report = project / check.junit if check.junit else None
    if report:
        _remove(report)
    began = time.monotonic()
    exit_code = _run(check.command_line, project)
    seconds = time.monotonic() - began
    print(f"== {check.name}: exit code {exit_code} after {seconds:.1f} s", flush=True)
    count, remark = judge(exit_code, read_junit(report) if report else None)
    return Result(check.name, count, seconds, remark)


def judge(exit_code: int, counted: Count | None) -> tuple[Count, str]:
    """Return what counts, and a remark where the tests alone would not tell that the check is red.

    Args:
        exit_code: how the check ended.
        counted: what its report says; None for a check without a report, which counts as one test.
    """
    if counted is None:
        return (Count(failed=1), "") if exit_code else (Count(passed=1), "")
    if counted.passed + counted.failed == 0:
        return counted + Count(failed=1), "nothing was tested"
    if exit_code and not counted.failed:
        return counted + Count(failed=1), f"exit code {exit_code}"
    return counted, ""


def read_junit(report: Path) -> Count:
    """Count the test cases of a JUnit XML file, or of all those in a folder."""
    files = sorted(report.glob("*.xml")) if report.is_dir() else [report] if report.exists() else []
    cases = (case for file in files for case in ET.parse(file).iter("testcase"))
    return sum((_outcome(case) for case in cases), Count())


def _outcome(case: ET.Element) -> Count:
    if case.find("failure") is not None or case.find("error") is not None:
        return Count(failed=1)
    # behave marks a scenario that it did not come to by this status only
    if case.find("skipped") is not None or case.get("status") in {"skipped", "untested"}:
        return Count(skipped=1)
    return Count(passed=1)


def summary(results: Sequence[Result]) -> str:
    """A table of the checks; its last line is the sum."""
    lines = [f"{'check':<12} {'result':<7} {'count':<35} {'seconds':>7}"]
    for result in results:
        verdict = "FAILED" if result.count.failed else "passed"
        lines.append(f"{result.name:<12} {verdict:<7} {result.count!s:<35} {result.seconds:7.1f}  {result.remark}")
    total = sum((result.count for result in results), Count())
    return "\n".join([*(line.rstrip() for line in lines), "", str(total)])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the checks; return 0 if all of them passed."""
    parser = argparse.ArgumentParser(description="Run every check of the project and sum them up.")
    names = [check.name for check in CHECKS]
    parser.add_argument("--only", action="append", choices=names, help="run this check only; may be repeated")
    only = parser.parse_args(arguments).only or names
    try:
        results = [run_check(check) for check in CHECKS if check.name in only]
    except KeyboardInterrupt:
        print("\nInterrupted: nothing is decided.", file=sys.stderr)
        return 130
    print(f"\n{summary(results)}", flush=True)
    return 1 if any(result.count.failed for result in results) else 0


def _remove(report: Path) -> None:
    if report.is_dir():
        shutil.rmtree(report)
    else:
        report.unlink(missing_ok=True)


def _run(command: Sequence[str], folder: Path) -> int:
    """Run a command to its end; when this process is interrupted, the command may still clean up after itself."""
    process = subprocess.Popen(command, cwd=folder, env=os.environ | {"PYTHONUNBUFFERED": "1"})

    def pass_on(_number: int, _frame: FrameType | None) -> None:
        process.terminate()
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, pass_on)
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.wait()
        raise


if __name__ == "__main__":
    sys.exit(main())
