"""What ends a run before its first hook is reported in the last line, and in the JUnit file."""

import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from behave.model import Step
from hamcrest import assert_that, equal_to

from bdd.run.loading import first_line_filled
from bdd.system.behave_internals import Explained, explain_failures
from bdd.system.paths import ROOT
from bdd.system.signals import INTERRUPTED
from bdd.system.waiting import wait_until
from tests.support.builders import LONG_TIMEOUT
from tests.support.junit import junit_suites
from tests.support.running import ModuleRun

FEATURE = "Feature: a\n  Scenario: b\n    Given c\n"
TABLE = "Feature: a\n  Scenario: b\n    Given c\n      | a |\n      | b | c |\n"


def project(folder: Path, step_module: str = "", feature: str = FEATURE) -> Path:
    """Make a folder of features that has the suite's environment, and steps of its own."""
    (folder / "steps").mkdir(parents=True)
    (folder / "environment.py").write_text((ROOT / "environment.py").read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "steps" / "own.py").write_text(step_module, encoding="utf-8")
    (folder / "a.feature").write_text(feature, encoding="utf-8")
    return folder


def waiting_module(begun: Path) -> str:
    """Return a module that makes a file and then waits."""
    return (
        f"import pathlib, threading\npathlib.Path({str(begun)!r}).touch()\nthreading.Event().wait({LONG_TIMEOUT})"
    )


def await_file(file: Path, run: ModuleRun) -> None:
    def there() -> None:
        assert file.exists()

    wait_until(there, description="the waiting module", timeout=LONG_TIMEOUT, abort_if=run.ended)


def messages(folder: Path) -> list[str | None]:
    return [each.get("message") for suite in junit_suites(folder).values() for each in suite.iter("error")]


@pytest.mark.parametrize(
    ("step_module", "feature", "arguments", "reason"),
    [
        ("", TABLE, [], 'ParserError: Failed to parse .*a.feature": Malformed table at line 5'),
        ("import no_such_module", FEATURE, [], "ModuleNotFoundError: No module named 'no_such_module'"),
        ("def f(:", FEATURE, [], r"SyntaxError: invalid syntax \(own.py, line 1\)"),
        ("", FEATURE, ["-f", "plain", "-o", "/dev/null/report"], "FileExistsError: .*'/dev/null'$"),
    ],
)
def test_what_fails_before_the_first_hook_is_in_the_last_line_and_in_a_junit_file(
    step_module: str, feature: str, arguments: list[str], reason: str, tmp_path: Path
) -> None:
    features, junit = project(tmp_path / "features", step_module, feature), tmp_path / "junit"
    run = ModuleRun(
        tmp_path / "run", "behave", str(features), "--junit", "--junit-directory", str(junit), *arguments
    )
    assert run.process.wait(LONG_TIMEOUT) == 1  # not `end`: for a mistake in Python, behave prints a traceback
    (message,) = messages(junit)
    assert message
    assert re.search(f"^nothing was executed: {reason}", message)
    assert run.printed.splitlines()[-1].startswith(f"RED: {message[:60]}")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_run_that_is_interrupted_while_it_loads_ends_without_a_traceback(name: str, tmp_path: Path) -> None:
    if not hasattr(signal, name):
        pytest.skip(f"Windows has no {name}")
    loads = tmp_path / "it loads"
    features, junit = project(tmp_path / "features", waiting_module(loads)), tmp_path / "junit"
    run = ModuleRun(tmp_path / "run", "behave", str(features), "--junit", "--junit-directory", str(junit))
    await_file(loads, run)
    run.process.send_signal(getattr(signal, name))
    assert run.end(LONG_TIMEOUT) == 1
    assert messages(junit) == ["nothing was executed: the run was interrupted while it started"]
    assert run.printed.endswith("\nRED: nothing was executed: the run was interrupted while it started\n")


def expected_nothing() -> None:
    assert_that(1, equal_to(2))


def without_a_message() -> None:
    raise AssertionError


@pytest.mark.parametrize(
    ("check", "message"),
    [
        (expected_nothing, "Expected: <2>\n     but: was <1>\n"),
        (without_a_message, f"raise AssertionError ({Path(__file__).name}, line {{line}})"),
    ],
)
def test_a_failure_begins_with_its_message(
    check: Callable[[], None], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Step, "_process_error", Step._process_error)  # for its restoration
    explain_failures(lambda _, error: Explained(first_line_filled(error), "a few words"))
    step = Step("a.feature", 1, "Then", "then", "it holds")  # type: ignore[no-untyped-call]
    with pytest.raises(AssertionError) as failed:
        check()
    line = without_a_message.__code__.co_firstlineno + 1
    assert step._process_error(failed.value) == "ASSERT FAILED: a few words"  # type: ignore[no-untyped-call]
    assert str(failed.value) == message.format(line=line), "some formatters show the exception"


def test_a_command_that_is_interrupted_while_it_loads_ends_without_a_traceback(tmp_path: Path) -> None:
    loads = tmp_path / "it loads"
    (tmp_path / "typer.py").write_text(waiting_module(loads), encoding="utf-8")
    run = ModuleRun(tmp_path / "run", "bdd", "doctor", environment={"PYTHONPATH": str(tmp_path)})
    await_file(loads, run)
    run.process.send_signal(signal.SIGINT)
    assert run.end(LONG_TIMEOUT) == INTERRUPTED
    assert run.output == ""


def test_a_dry_run_executes_nothing_and_leaves_no_junit_file(tmp_path: Path) -> None:
    junit = ["--junit", "--junit-directory", str(tmp_path / "junit")]
    run = ModuleRun(tmp_path / "run", "behave", "features/topics.feature", "--dry-run", *junit)
    assert run.end(LONG_TIMEOUT) == 0
    assert not (tmp_path / "junit").exists()
