"""Runs the suite against the sound service, then against one with each defect."""

import itertools
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from bdd.contracts import asyncapi as contract
from bdd.run.process import ModuleProcess, remote
from bdd.settings.settings import load_settings
from bdd.stacks.embedded.broker import EmbeddedBroker
from bdd.stacks.embedded.distribution import prepare
from bdd.stacks.embedded.service import EmbeddedService
from proof.defect import SOUND, Defect
from proof.judging import Outcome, judge

_START_SECONDS = 60.0
_RUN_SECONDS = 120.0
_DEADLINE_SECONDS = 1.5
_IDS_PER_SERVICE = 100_000
"""The services publish to one broker at the same time: their patients' ids are so far apart."""


class Proof:
    """A broker, and the services and runs of the suite that use it in turn; a context manager.

    Raises:
        BrokerUnavailable: Kafka cannot be fetched or used on this machine.
        AssertionError: the broker did not start.
        InvalidSetting: a setting in the environment or in .env is wrong.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._folder = Path(tempfile.mkdtemp(prefix="prove-"))
        self._first_ids = itertools.count(1, _IDS_PER_SERVICE)
        self._runs: set[ModuleProcess] = set()
        self._ending = threading.Event()

    def __enter__(self) -> Self:
        """Start the broker."""
        with ExitStack() as undo:
            undo.callback(shutil.rmtree, self._folder, ignore_errors=True)
            distribution = prepare(load_settings({}).cache_dir, self._say)
            self._broker = EmbeddedBroker.start(distribution, self._folder / "kafka")
            undo.callback(self._broker.process.kill)
            self._broker.wait_ready(_START_SECONDS)
            self._broker.create_topics(contract.current().partitions)
            self._undo = undo.pop_all()
        return self

    def __exit__(self, *_error: object) -> None:
        """End the broker and remove everything."""
        self._undo.close()

    def check_sound(self) -> Outcome:
        """Run all features against the service without a defect, which must survive."""
        return self._run(SOUND, ["features/"])

    def check(self, defects: Sequence[Defect], jobs: int) -> Generator[Outcome]:
        """Run the suite against each defect, `jobs` at a time; yield each outcome as soon as there is one."""
        with ThreadPoolExecutor(jobs) as pool:
            try:
                for done in as_completed([pool.submit(self._check, defect) for defect in defects]):
                    yield done.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                self._end_runs()
                raise

    def _check(self, defect: Defect) -> Outcome:
        chosen = ["--name", defect.scenario] if defect.scenario else []
        fast = ["-D", f"deadline={_DEADLINE_SECONDS}", "-D", f"settling={defect.settling}", "--stop"]
        return self._run(defect, [f"features/{defect.feature}.feature", *chosen, *fast])

    def _run(self, defect: Defect, arguments: Sequence[str]) -> Outcome:
        began = time.monotonic()
        folder = self._folder / defect.name
        broker, first_id = self._broker.bootstrap_servers, str(next(self._first_ids))
        service = EmbeddedService(folder, broker, "proof.broken_service", defect.name, first_id)
        try:
            service.wait_ready(_START_SECONDS)
            reports = ["--junit", "--junit-directory", str(folder / "junit"), "--no-color"]
            run = ModuleProcess(folder, "behave", *arguments, *remote(service.url, broker), *reports)
            exit_code = self._end_of(run)
        finally:
            service.process.kill()
        outcome = judge(
            defect, folder / "junit", exit_code, time.monotonic() - began, run.output.splitlines()[-15:]
        )
        shutil.rmtree(folder)
        return outcome

    def _end_of(self, run: ModuleProcess) -> int | None:
        self._runs.add(run)
        if self._ending.is_set():  # the end was requested while the run was started
            run.process.terminate()
        exit_code = run.end(_RUN_SECONDS)
        self._runs.discard(run)
        return exit_code

    def _end_runs(self) -> None:
        """Ask the runs to end; each removes what it has made."""
        self._ending.set()
        for run in list(self._runs):
            run.process.terminate()
