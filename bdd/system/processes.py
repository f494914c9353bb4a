"""Processes that a run starts on this machine, and ends again."""

import atexit
import contextlib
import os
import random
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from bdd.output.masking import mask
from bdd.system.environment import inherited

_TAIL_BYTES = 64 * 1024
_LINES_OF_A_FAILED_START = 200
_NO_SPACE = 64 * 1024
_PORT_TAKEN = re.compile(r"(?:failed to bind to|Cannot listen on) \S+:(\d+)")
_PORTS = range(20_000, 32_768)
"""Linux assigns ports from 32768 on (`ip_local_port_range`), macOS and Windows from 49152 on."""


class ChildProcess:
    """A process that this run started. Its output goes to a log file; it never outlives the run.

    It leads its own process group, so Ctrl-C in the terminal reaches only the suite, which ends its children. A
    child that still runs when the interpreter exits is killed. Only SIGKILL of the suite leaves children behind.

    Args:
        name: its name in messages ("the broker").
        command: the program and its arguments; no shell reads them.
        log: the file that its output is appended to; the folder is created if needed.
        env: its environment, besides what the operating system needs.
        cwd: the folder it runs in.

    Raises:
        OSError: the operating system cannot run the command; the message says which, and why.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.name = name
        self.log = log
        self._stopping = False
        log.parent.mkdir(parents=True, exist_ok=True)
        try:
            with log.open("ab") as output, signals_wait():
                self._popen = subprocess.Popen(  # noqa: S603 - the project's own commands
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env={**inherited(), **(env or {})},
                    cwd=cwd,
                    start_new_session=True,  # ignored on Windows
                    creationflags=NEW_GROUP,
                )
                atexit.register(self.kill)
        except OSError as error:
            raise OSError(f"{name} cannot be started: {error.strerror}: {command[0]}") from error
        self.pid = self._popen.pid

    def trouble(self) -> str | None:
        """Return how it ended and the last lines of its log; None while it runs or after `stop` or `kill`."""
        code = self._popen.poll()
        if code is None or self._stopping:
            return None
        lines = self.last_lines()
        if not lines:
            full = shutil.disk_usage(self.log.parent).free < _NO_SPACE
            why = f": no space is left in {self.log.parent}" if full else ""
            return f"{self.name} {how_it_ended(code)}; its log is empty{why}"
        return "\n    ".join([f"{self.name} {how_it_ended(code)}", "its last log lines:", *lines])

    def last_lines(self, count: int = 15) -> list[str]:
        """Return the last `count` lines that it wrote, without the secrets in them."""
        with self.log.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - _TAIL_BYTES))
            text = log.read().decode(errors="replace")
        return mask(text).splitlines()[-count:]  # first masked, for a key has many lines

    def port_taken(self) -> int | None:
        """Return the port in use because of which it ended, as its log says; None if it has another reason."""
        if self.trouble() and (taken := _PORT_TAKEN.search("\n".join(self.last_lines(_LINES_OF_A_FAILED_START)))):
            return int(taken[1])
        return None

    def stop(self, timeout: float) -> bool:
        """Send it a signal to end; after `timeout` seconds kill it. Return whether it ended in time."""
        self._stopping = True
        if self._popen.poll() is None:
            self._popen.send_signal(POLITE_END)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._popen.wait(timeout)
        in_time = self._popen.poll() is not None
        self.kill()
        return in_time

    def kill(self) -> None:
        """End it at once, with everything in its process group."""
        self._stopping = True
        if self._popen.poll() is None:
            kill_group(self._popen)
            self._popen.wait()
        atexit.unregister(self.kill)


class CommandFailed(Exception):
    """A command failed; the message says which, how, and what it wrote.

    Attributes:
        exit_code: None if it could not be run or took too long.
        output: its stdout and stderr.
    """

    def __init__(self, message: str, exit_code: int | None = None, output: str = "") -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.output = output


def run_command(
    command: Sequence[str],
    *,
    timeout: float | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> str:
    """Run a command to its end and return what it writes to stdout.

    Args:
        command: the program and its arguments; no shell reads them.
        timeout: the seconds it may take; None for no limit.
        cwd: the folder it runs in.
        env: its environment, besides what the operating system needs.

    Raises:
        CommandFailed: it could not be run, took too long, or its exit code was not 0.
    """
    try:
        done = subprocess.run(  # noqa: S603 - the project's own commands
            command,
            cwd=cwd,
            env={**inherited(), **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout,
            check=False,
        )
    except OSError as error:
        raise CommandFailed(f"`{command[0]}` cannot be run: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise CommandFailed(f"`{command[0]}` took longer than {timeout:g} s") from error
    if done.returncode:
        output = (done.stdout + done.stderr).strip()
        raise CommandFailed(f"`{command[0]}` {how_it_ended(done.returncode)}: {output}", done.returncode, output)
    return done.stdout


@contextmanager
def signals_wait() -> Iterator[None]:
    """Delay SIGINT and SIGTERM until the block ends, so that what the block creates can be registered."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread is ever interrupted
        return
    came: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    handlers = [signal.signal(number, lambda came_in, _: came.append(came_in)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, handlers, strict=True):
            signal.signal(number, handler)
    for signal_number in came:
        signal.raise_signal(signal_number)


def reader_has_gone(output: IO[str]) -> bool:
    """Return whether nothing reads a pipe any more; without a new record no write would show it."""
    try:
        poll = select.poll()
        poll.register(output.fileno(), 0)  # no event to wait for: a closed end is reported in any case
    except (AttributeError, OSError):  # Windows has no poll; a test's output is no file
        return False
    return any(events & (select.POLLERR | select.POLLHUP) for _, events in poll.poll(0))


def free_port() -> int:
    """Return a port as `free_ports` does."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """Return different TCP ports of 127.0.0.1 that are free now.

    They are below the range that the operating system assigns, so no other program gets one by chance meanwhile.

    Raises:
        OSError: a hundred ports have fewer free ones.
    """
    free: list[int] = []
    for port in random.sample(_PORTS, k=100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            free.append(port)
        if len(free) == count:
            return free
    raise OSError(
        f"Of 100 ports of 127.0.0.1 from {_PORTS.start} to {_PORTS.stop - 1}, fewer than {count} are free."
    )


if sys.platform == "win32":
    NEW_GROUP = subprocess.CREATE_NEW_PROCESS_GROUP
    # The only event that reaches a group of its own. Python ends on it, Java does not: `stop` kills that.
    POLITE_END = signal.CTRL_BREAK_EVENT

    def kill_group(popen: subprocess.Popen[Any]) -> None:
        """End a process; Windows has no groups that could be ended."""
        popen.kill()
else:
    NEW_GROUP = 0
    POLITE_END = signal.SIGTERM

    def kill_group(popen: subprocess.Popen[Any]) -> None:
        """End a process that leads a session of its own, with everything that it has started."""
        # It may just have ended; macOS then says "not permitted".
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(popen.pid, signal.SIGKILL)


def how_it_ended(code: int) -> str:
    """Return how a process ended, by its exit code; on POSIX it is below 0 after a signal."""
    return f"ended with exit code {code}" if code >= 0 else f"was ended by {signal.Signals(-code).name}"
