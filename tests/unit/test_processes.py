"""Child processes: how they start, how they end, and what is reported when they end by themselves."""

import atexit
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from bdd.system import processes
from bdd.system.processes import ChildProcess, free_port, free_ports
from bdd.system.waiting import wait_until
from tests.support.builders import LONG_TIMEOUT, stand_in

SLEEPS = "import time; print('up', flush=True); time.sleep(60)"
IGNORES_POLITE_END = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPS}"
HAS_A_CHILD = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEPS!r}]).wait()"

Start = Callable[..., ChildProcess]

on_posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and process groups of POSIX")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[ChildProcess] = []

    def start_python(code: str, **options: object) -> ChildProcess:
        command = [sys.executable, "-u", "-c", code]
        started.append(ChildProcess("the child", command, log=tmp_path / "child.log", **options))  # type: ignore[arg-type]
        return started[-1]

    yield start_python
    for child in started:
        child.kill()


def is_up(child: ChildProcess) -> None:
    assert "up" in child.last_lines(), "it has not said that it is up"


def wait_until_up(child: ChildProcess) -> None:
    wait_until(lambda: is_up(child), description="the child", timeout=LONG_TIMEOUT, abort_if=child.trouble)


def trouble_of(child: ChildProcess) -> str:
    def ended() -> str:
        trouble = child.trouble()
        assert trouble, "it still runs"
        return trouble

    return wait_until(ended, description="the child's end", timeout=LONG_TIMEOUT)


def test_a_running_child_is_no_trouble_and_a_stopped_one_neither(start: Start) -> None:
    child = start(SLEEPS)
    wait_until_up(child)
    assert child.trouble() is None
    assert child.stop(timeout=LONG_TIMEOUT)
    assert not psutil.pid_exists(child.pid)
    assert child.trouble() is None


def test_a_log_that_is_empty_since_nothing_can_be_written_says_so(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=4096))
    child = start("raise SystemExit(2)")
    assert trouble_of(child) == (
        f"the child ended with exit code 2; its log is empty: no space is left in {child.log.parent}"
    )


@pytest.mark.parametrize(
    ("code", "trouble"),
    [
        (
            "import sys; print(*range(100), sep='\\n'); sys.exit('no database')",
            ["the child ended with exit code 1", "its last log lines:", *map(str, range(86, 100)), "no database"],
        ),
        ("raise SystemExit(3)", ["the child ended with exit code 3; its log is empty"]),
    ],
)
def test_trouble_names_the_exit_code_and_the_last_lines_of_the_log(
    start: Start, code: str, trouble: list[str]
) -> None:
    assert trouble_of(start(code)).split("\n    ") == trouble


@on_posix
def test_trouble_names_the_signal(start: Start) -> None:
    child = start(SLEEPS)
    wait_until_up(child)
    psutil.Process(child.pid).kill()
    assert trouble_of(child).startswith("the child was ended by SIGKILL")


def test_the_last_lines_of_a_long_log_of_any_bytes_can_be_read(start: Start) -> None:
    child = start("import os; os.write(1, b'x' * 200_000 + b'\\n\\xff caf\\xc3\\xa9\\nend\\n')")
    trouble_of(child)
    assert child.last_lines(2) == ["\ufffd café", "end"]


@on_posix
def test_a_child_that_ignores_the_polite_end_is_killed_when_its_time_is_up(start: Start) -> None:
    child = start(IGNORES_POLITE_END)
    wait_until_up(child)
    assert not child.stop(timeout=0.1)
    assert not psutil.pid_exists(child.pid)


@on_posix
def test_kill_ends_the_children_of_the_child_too_and_may_be_repeated(start: Start) -> None:
    child = start(HAS_A_CHILD)
    wait_until_up(child)
    (grandchild,) = psutil.Process(child.pid).children()
    child.kill()
    grandchild.wait(LONG_TIMEOUT)
    child.kill()
    assert child.stop(timeout=0)


def test_a_command_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"^the child cannot be started: .+: no-such-program$"):
        ChildProcess("the child", ["no-such-program"], log=tmp_path / "child.log")


def test_the_environment_is_added_to_the_folder_is_used_and_the_log_is_continued(
    start: Start, tmp_path: Path
) -> None:
    trouble_of(start("print('first')"))
    code = "import os, pathlib; print(os.environ['SYNTHETIC'], 'PATH' in os.environ, pathlib.Path.cwd().name)"
    child = start(code, env={"SYNTHETIC": "yes"}, cwd=tmp_path)
    trouble_of(child)
    assert child.last_lines() == ["first", f"yes True {tmp_path.name}"]


@on_posix
def test_ctrl_c_in_the_terminal_does_not_reach_the_child(start: Start) -> None:
    child = start(SLEEPS)
    assert os.getpgid(child.pid) == child.pid != os.getpgid(0)


def test_a_child_that_nobody_ended_is_killed_when_the_suite_exits(tmp_path: Path) -> None:
    suite = (
        "import sys; from pathlib import Path; from bdd.system.processes import ChildProcess;"
        f"print(ChildProcess('x', [sys.executable, '-c', {SLEEPS!r}], log=Path(sys.argv[1])).pid)"
    )
    command = [sys.executable, "-c", suite, str(tmp_path / "child.log")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONG_TIMEOUT, check=True)
    assert not psutil.pid_exists(int(done.stdout))


def test_free_ports_differ_can_be_listened_on_and_are_not_given_out_by_the_system() -> None:
    ports = free_ports(50)
    assert len(set(ports)) == 50
    assert max(ports) < 32768
    with socket.create_server(("127.0.0.1", ports[0])):
        pass


def test_a_port_in_use_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    others = free_ports(50)
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        monkeypatch.setattr(processes, "random", stand_in(random, sample=lambda *_, **__: [taken, *others]))
        assert free_port() in others
        monkeypatch.setattr(processes, "random", stand_in(random, sample=lambda *_, **__: [taken]))
        with pytest.raises(OSError, match="fewer than 1 are free"):
            free_port()


@on_posix
def test_an_interrupt_while_a_process_starts_comes_after_it_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def interrupted(*args: Any, **kwargs: Any) -> subprocess.Popen[bytes]:
        os.kill(os.getpid(), signal.SIGINT)
        started.append(subprocess.Popen(*args, **kwargs))
        return started[-1]

    killed_at_exit: list[Any] = []
    monkeypatch.setattr(processes, "subprocess", stand_in(subprocess, Popen=interrupted))
    monkeypatch.setattr(processes, "atexit", stand_in(atexit, register=killed_at_exit.append))
    with pytest.raises(KeyboardInterrupt):
        ChildProcess("the child", [sys.executable, "-c", SLEEPS], log=tmp_path / "child.log")
    (kill,) = killed_at_exit
    kill()
    assert started[0].poll() is not None
