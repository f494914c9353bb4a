"""Runs behave as a process of its own, so that the night survives whatever ends the run."""

import atexit
import codecs
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress

import psutil

from bdd.output.console import MaskedStream
from bdd.system.processes import NEW_GROUP, POLITE_END, kill_group

_KEPT_CHARACTERS = 64 * 1024
_READER_SECONDS = 10.0


class BehaveProcess:
    """`python -m behave …`. What it prints is printed here at once, and the last 64 KiB are kept.

    It leads a process group of its own, so that Ctrl-C reaches only the night, which then ends the process.

    Args:
        arguments: behave's.
        environment: its whole environment.
    """

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "behave", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**environment, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,  # ignored on Windows
            creationflags=NEW_GROUP,
        )
        atexit.register(self._kill)
        self.pid = self._popen.pid
        self.printed = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait(self, timeout: float | None) -> int | None:
        """Wait for the end of the process, and return its exit code.

        Args:
            timeout: how many seconds to wait at most, None for no limit.

        Returns:
            The exit code; None if the process still runs.
        """
        try:
            code = self._popen.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        self._reader.join(_READER_SECONDS)  # a process that it left behind may hold the pipe open
        return code

    def end(self, timeout: float) -> int | None:
        """Ask the process to end, as SIGTERM does, and kill it if it does not.

        Args:
            timeout: how many seconds it may take to end.

        Returns:
            The exit code; None if the process was killed, so that it could not remove what it had started.
        """
        with suppress(ProcessLookupError):
            self._popen.send_signal(POLITE_END)
        code = self.wait(timeout)
        if code is None:
            self._kill()
        return code

    def _kill(self) -> None:
        if self._popen.poll() is not None:
            return
        with suppress(psutil.Error):  # a platform's processes have groups of their own
            children = psutil.Process(self.pid).children(recursive=True)
            kill_group(self._popen)
            for child in children:
                child.kill()
        self._popen.wait()

    def _read(self) -> None:
        assert self._popen.stdout
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        stdout = MaskedStream(sys.stdout)
        while data := os.read(self._popen.stdout.fileno(), 8192):
            text = decoder.decode(data)
            self.printed = (self.printed + text)[-_KEPT_CHARACTERS:]
            with suppress(OSError):  # where stdout is a file on a full disk
                stdout.write(text)
                stdout.flush()
