"""Runs the suite against the sound service, then against one with each defect."""

import itertools
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from bdd.api.health import wait_healthy
from bdd.contracts import asyncapi as contract
from bdd.settings.settings import environment_without_settings, load_settings
from bdd.stacks.embedded.broker import EmbeddedBroker
from bdd.stacks.embedded.distribution import prepare
from bdd.system.paths import ROOT
from bdd.system.processes import ChildProcess, free_port
from proof.defect import SOUND, Defect
from proof.judging import Outcome, judge

_START_SECONDS = 60.0
_RUN_SECONDS = 120.0
_END_SECONDS = 15.0
_DEADLINE_SECONDS = 1.5
_IDS_PER_SERVICE = 100_000
"""So far apart are the ids of the services' patients: they publish to one broker side by side."""


class Interrupted(Exception):
    """A run was about to begin when the proof was told to end."""


class Proof:
    """A broker, and the services and runs of the suite that come and go beside it; use it in a `with`.

    Raises:
        BrokerUnavailable: Kafka cannot be fetched or used on this machine.
        AssertionError: the broker did not start.
        InvalidSetting: a setting in the environment or in .env is wrong.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._folder = Path(tempfile.mkdtemp(prefix="prove-"))
        self._first_ids = itertools.count(1, _IDS_PER_SERVICE)
        self._runs: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._ending = False

    def __enter__(self) -> Self:
        """Start the broker."""
        with ExitStack() as undo:
            undo.callback(shutil.rmtree, self._folder, ignore_errors=True)
            distribution = prepare(load_settings({}).cache_dir, self._say)
            self._broker = EmbeddedBroker.start(distribution, self._folder / "kafka")
            undo.callback(self._broker.kill)
            self._broker.wait_ready(_START_SECONDS)
            self._broker.create_topics(contract.current().partitions)
            self._undo = undo.pop_all()
        return self

    def __exit__(self, *_fault: object) -> None:
        """End the broker and remove everything."""
        self._undo.close()

    def check_sound(self) -> Outcome:
        """Run all features against the service without a defect: it must survive."""
        return self._run(SOUND, ["features/"])

    def check(self, defects: Sequence[Defect], jobs: int, take: Callable[[Outcome], None]) -> None:
        """Run the suite against each defect, `jobs` at a time, and hand each outcome over as it comes."""
        with ThreadPoolExecutor(jobs) as pool:
            try:
                for done in as_completed([pool.submit(self._check, defect) for defect in defects]):
                    take(done.result())
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                self._end_runs()
                raise

    def _check(self, defect: Defect) -> Outcome:
        chosen = ["--name", defect.scenario] if defect.scenario else []
        features = [f"features/{feature}.feature" for feature in defect.features]
        fast = ["-D", f"deadline={_DEADLINE_SECONDS}", "-D", f"settling={defect.settling}", "--stop"]
        return self._run(defect, [*features, *chosen, *fast])

    def _run(self, defect: Defect, arguments: Sequence[str]) -> Outcome:
        began = time.monotonic()
        folder = self._folder / defect.name
        service, url = self._start_service(defect, folder)
        try:
            exit_code = self._run_suite(folder, url, arguments)
        finally:
            service.kill()
        output = (folder / "behave.txt").read_text(encoding="utf-8", errors="replace").splitlines()[-15:]
        outcome = judge(defect, folder / "junit", exit_code, time.monotonic() - began, output)
        shutil.rmtree(folder)
        return outcome

    def _start_service(self, defect: Defect, folder: Path) -> tuple[ChildProcess, str]:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        service = ChildProcess.start(
            "the patient service",
            [sys.executable, "-m", "proof.broken_service", defect.name, str(next(self._first_ids))],
            log=folder / "service.log",
            env={
                "DATABASE_URL": f"sqlite:///{folder / 'patients.db'}",
                "KAFKA_BOOTSTRAP_SERVERS": self._broker.bootstrap_servers,
                "HOST": "127.0.0.1",
                "PORT": str(port),
            },
            cwd=ROOT,
        )
        wait_healthy(url, timeout=_START_SECONDS, abort_if=service.trouble)
        return service, url

    def _run_suite(self, folder: Path, url: str, arguments: Sequence[str]) -> int:
        remote = {"stack": "remote", "api_url": url, "bootstrap_servers": self._broker.bootstrap_servers}
        settings = [f"-D{name}={value}" for name, value in remote.items()]
        settings += [f"-Devidence_dir={folder / 'evidence'}"]
        reports = ["--junit", "--junit-directory", str(folder / "junit"), "--no-color"]
        with (folder / "behave.txt").open("wb") as output, self._lock:
            if self._ending:
                raise Interrupted
            run = subprocess.Popen(
                [sys.executable, "-m", "behave", *arguments, *settings, *reports],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
                env=environment_without_settings(),
            )
            self._runs.add(run)
        try:
            return run.wait(_RUN_SECONDS)
        except subprocess.TimeoutExpired:
            run.terminate()
            return run.wait(_END_SECONDS)
        finally:
            self._runs.discard(run)

    def _end_runs(self) -> None:
        """Ask the runs to end; each cleans up after itself."""
        with self._lock:
            self._ending = True
            for run in list(self._runs):
                run.terminate()
