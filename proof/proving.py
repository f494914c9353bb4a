"""Runs the suite against the sound service, then against one with each defect."""

import itertools
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path

from bdd.domain.resources import short_names
from bdd.run.broker import START_SECONDS, running_broker
from bdd.run.process import ModuleProcess, remote
from bdd.settings.settings import load_settings
from bdd.stacks.embedded.distribution import prepare
from bdd.stacks.embedded.service import EmbeddedService
from proof.defect import SOUND, Defect
from proof.judging import Outcome, judge

_RUN_SECONDS = 120.0
_DEADLINE_SECONDS = 1.5
_IDS_PER_SERVICE = 100_000
"""The services publish to one broker at the same time: their patients' ids are so far apart."""


@contextmanager
def proving(progress: Callable[[str], None]) -> Iterator["Proof"]:
    """Start a broker, yield the proof that uses it, and remove everything afterwards.

    Raises:
        BrokerUnavailable: Kafka cannot be fetched or used on this machine.
        AssertionError: the broker did not start.
        InvalidSetting: a setting in the environment or in .env is wrong.
    """
    with tempfile.TemporaryDirectory(prefix="prove-", ignore_cleanup_errors=True) as folder:
        distribution = prepare(load_settings({}, services=short_names()).cache_dir, progress)
        with running_broker(distribution, Path(folder, "kafka")) as broker:
            yield Proof(Path(folder), broker.bootstrap_servers)


class Proof:
    """The services on a broker and the runs of the suite against them.

    Args:
        folder: where they have their folders; the caller removes it.
        bootstrap_servers: the broker.
    """

    def __init__(self, folder: Path, bootstrap_servers: str) -> None:
        self._folder = folder
        self._bootstrap_servers = bootstrap_servers
        self._first_ids = itertools.count(1, _IDS_PER_SERVICE)
        self._runs: set[ModuleProcess] = set()
        self._ending = threading.Event()

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
                self._ending.set()
                for run in list(self._runs):
                    run.process.terminate()  # it removes what it has made
                raise

    def _check(self, defect: Defect) -> Outcome:
        chosen = ["--name", defect.scenario] if defect.scenario else []
        fast = ["-D", f"deadline={_DEADLINE_SECONDS}", "-D", f"settling={defect.settling}", "--stop"]
        return self._run(defect, [f"features/{defect.feature}.feature", *chosen, *fast])

    def _run(self, defect: Defect, arguments: Sequence[str]) -> Outcome:
        began = time.monotonic()
        folder = self._folder / defect.name
        broker, first_id = self._bootstrap_servers, str(next(self._first_ids))
        service = EmbeddedService("patient-service", folder, broker, "proof.broken_service", defect.name, first_id)
        try:
            service.wait_ready(START_SECONDS)
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
