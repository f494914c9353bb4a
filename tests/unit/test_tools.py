"""The project's tooling: when an install is needed, and how the results of the checks are counted."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.builders import stand_in
from tools import run_tests, setup_venv
from tools.run_tests import CHECKS, Check, Count, Result, judge, read_junit, run_check, summary
from tools.setup_venv import Environment, SetupError, check_python


@pytest.fixture
def installs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was run instead of venv and pip; "venv" leaves a Python behind, as the real one does."""
    commands: list[str] = []

    def run(command: list[str], folder: Path, advice: str) -> None:
        commands.append(command[2])
        if command[2] == "venv":
            _make_venv(folder)

    monkeypatch.setattr(setup_venv, "_run", run)
    return commands


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """The environment of a project that has requirements, some of them included by others, and nothing else."""
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "requirements.txt").write_text("# none\n")
    (tmp_path / "requirements.txt").write_text("-r part/requirements.txt  # a part\n")
    (tmp_path / "requirements-dev.txt").write_text("-r requirements.txt\n")
    (tmp_path / "constraints.txt").write_text("# none\n")
    return Environment(tmp_path)


def test_installs_into_a_new_environment_and_is_ready_then(environment: Environment, installs: list[str]) -> None:
    assert not environment.is_ready(dev=False)
    environment.install(dev=False)
    assert installs == ["venv", "pip"]
    assert environment.is_ready(dev=False)


def test_what_the_checks_need_includes_what_a_run_needs(environment: Environment, installs: list[str]) -> None:
    environment.install(dev=True)
    assert environment.is_ready(dev=True)
    assert environment.is_ready(dev=False)


def test_what_a_run_needs_is_not_enough_for_the_checks(environment: Environment, installs: list[str]) -> None:
    environment.install(dev=False)
    assert not environment.is_ready(dev=True)


@pytest.mark.parametrize("name", ["requirements.txt", "part/requirements.txt", "constraints.txt"])
def test_a_changed_requirement_is_installed_anew(environment: Environment, installs: list[str], name: str) -> None:
    environment.install(dev=True)
    (environment.project / name).write_text("behave==1.0\n")
    assert not environment.is_ready(dev=False)
    assert not environment.is_ready(dev=True)


def test_a_requirement_of_the_checks_does_not_concern_a_run(environment: Environment, installs: list[str]) -> None:
    environment.install(dev=True)
    (environment.project / "requirements-dev.txt").write_text("pytest==1.0\n")
    assert environment.is_ready(dev=False)
    assert not environment.is_ready(dev=True)


def test_an_environment_without_its_python_is_not_ready(environment: Environment, installs: list[str]) -> None:
    environment.install(dev=False)
    environment.python.unlink()
    assert not environment.is_ready(dev=False)


def test_an_install_that_was_cut_off_is_made_anew(
    environment: Environment, installs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(command: list[str], folder: Path, advice: str) -> None:
        raise KeyboardInterrupt

    _make_venv(environment.project)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(setup_venv, "_run", cut_off)
        patch.setattr(environment, "_is_usable", lambda: True)
        environment.install(dev=False)
    assert not environment.is_ready(dev=False)

    monkeypatch.setattr(environment, "_is_usable", lambda: True)
    environment.install(dev=False)
    assert installs == ["venv", "pip"]


def test_a_usable_environment_that_somebody_made_is_kept(
    environment: Environment, installs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _make_venv(environment.project)
    monkeypatch.setattr(environment, "_is_usable", lambda: True)
    environment.install(dev=False)
    assert installs == ["pip"]


def test_a_failing_install_says_what_was_wrong_and_is_not_ready(environment: Environment) -> None:
    subprocess.run([sys.executable, "-m", "venv", environment.folder], check=True)
    (environment.project / "requirements.txt").write_text("./not-there\n")
    with pytest.raises(SetupError, match=r"pip failed[\s\S]*not-there") as caught:
        environment.install(dev=False)
    assert caught.value.exit_code == 1
    assert not environment.stamp.exists()
    assert environment._is_usable()


def test_an_environment_that_was_moved_is_not_usable(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "old" / ".venv"], check=True)
    assert Environment(tmp_path / "old")._is_usable()
    (tmp_path / "old").rename(tmp_path / "new")
    assert not Environment(tmp_path / "new")._is_usable()


def test_a_python_without_ensurepip_is_told_in_a_sentence(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = stand_in(importlib, util=stand_in(importlib.util, find_spec=lambda name: None))
    monkeypatch.setattr(setup_venv, "importlib", without)
    with pytest.raises(SetupError, match="apt install python3-venv") as caught:
        environment.install(dev=False)
    assert caught.value.exit_code == 2


def test_a_folder_that_cannot_be_used_is_told_in_a_sentence(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.folder.write_text("not a folder\n")
    monkeypatch.setattr(setup_venv, "PROJECT", environment.project)
    assert setup_venv.main([]) == 1
    assert str(environment.folder) in capsys.readouterr().err


def test_an_old_python_is_refused_in_a_sentence() -> None:
    with pytest.raises(SetupError, match=r"This is Python 3\.6; .* PYTHON=python3\.12") as caught:
        check_python((3, 6))
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (4, 0)])
def test_a_new_python_is_accepted(version: tuple[int, int]) -> None:
    check_python(version)


JUNIT = """<testsuites><testsuite name="any">
  <testcase name="good"/>
  <testcase name="good in behave" status="passed"/>
  <testcase name="bad"><failure>no</failure></testcase>
  <testcase name="broken"><error>no</error></testcase>
  <testcase name="left out"><skipped/></testcase>
  <testcase name="not reached" status="untested"/>
</testsuite></testsuites>"""


def test_counts_the_cases_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "unit.xml").write_text(JUNIT)
    assert read_junit(tmp_path / "unit.xml") == Count(passed=2, failed=2, skipped=2)


def test_counts_the_cases_of_all_files_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "TESTS-patient.xml").write_text(JUNIT)
    (tmp_path / "TESTS-audit.xml").write_text('<testsuite><testcase name="nothing is unexplained"/></testsuite>')
    assert read_junit(tmp_path) == Count(passed=3, failed=2, skipped=2)


def test_a_report_that_is_missing_counts_nothing(tmp_path: Path) -> None:
    assert read_junit(tmp_path / "unit.xml") == Count()


@pytest.mark.parametrize(
    ("exit_code", "counted", "expected", "remark"),
    [
        (0, None, Count(passed=1), ""),
        (1, None, Count(failed=1), ""),
        (0, Count(passed=3), Count(passed=3), ""),
        (1, Count(passed=3, failed=2), Count(passed=3, failed=2), ""),
        (1, Count(passed=3), Count(passed=3, failed=1), "exit code 1"),
        (0, Count(), Count(failed=1), "nothing was tested"),
        (0, Count(skipped=4), Count(failed=1, skipped=4), "nothing was tested"),
    ],
)
def test_judges_by_exit_code_and_count(exit_code: int, counted: Count | None, expected: Count, remark: str) -> None:
    assert judge(exit_code, counted) == (expected, remark)


def test_a_report_of_an_earlier_run_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "unit.xml").write_text(JUNIT)
    result = run_check(Check("unit", ("this",), "unit.xml"), tmp_path)
    assert (result.count, result.remark) == (Count(failed=1), "nothing was tested")


def test_the_last_line_sums_up() -> None:
    results = [Result("types", Count(passed=1), 2.0), Result("unit", Count(4, 1, 2), 3.0)]
    assert summary(results).splitlines()[-1] == "5 passed, 1 failed, 2 skipped"
    assert summary(results[:1]).splitlines()[-1] == "1 passed, 0 failed"


def test_all_checks_run_even_after_a_red_one(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run_tests, "CHECKS", (Check("red", ("no_such_module",)), Check("green", ("this",))))
    assert run_tests.main([]) == 1
    assert capfd.readouterr().out.splitlines()[-1] == "1 passed, 1 failed"


def test_every_check_can_be_asked_for_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def run(check: Check) -> Result:
        ran.append(check.name)
        return Result(check.name, Count(passed=1), 0.0)

    monkeypatch.setattr(run_tests, "run_check", run)
    for check in CHECKS:
        assert run_tests.main(["--only", check.name]) == 0
    assert ran == [check.name for check in CHECKS]


def _make_venv(project: Path) -> None:
    python = Environment(project).python
    python.parent.mkdir(parents=True, exist_ok=True)
    python.touch()
