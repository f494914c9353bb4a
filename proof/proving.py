"""Runs the suite against the sound service, then against one with each defect."""

import itertools
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bdd.domain.resources import services, short_names
from bdd.run.broker import START_SECONDS, running_broker
from bdd.run.process import ModuleProcess, addresses, remote
from bdd.settings.settings import load_settings
from bdd.stacks.embedded.distribution import prepare
from bdd.stacks.embedded.service import EmbeddedService
from proof import database
from proof.defect import SOUND, Defect
from proof.judging import Outcome, judge

PATIENTS = "patient-service"
_RUN_SECONDS = 120.0
_DEADLINE_SECONDS = 1.5
_IDS_PER_SERVICE = 100_000
"""The services publish to one broker at the same time: their patients' ids are so far apart."""


@contextmanager
def proving(progress: Callable[[str], None], *, whole: bool = False) -> Iterator["Proof"]:
    """Start a broker, yield the proof that uses it, and remove everything afterwards.

    Args:
        progress: called with what is done.
        whole: whether all features are run against each defect.

    Raises:
        BrokerUnavailable: Kafka cannot be fetched or used on this machine.
        AssertionError: the broker did not start.
        InvalidSetting: a setting in the environment or in .env is wrong.
    """
    with tempfile.TemporaryDirectory(prefix="prove-", ignore_cleanup_errors=True) as folder:
        distribution = prepare(load_settings({}, services=short_names()).cache_dir, progress)
        with running_broker(distribution, Path(folder, "kafka")) as broker:
            servers = broker.bootstrap_servers
            with _running(PATIENTS, Path(folder, "patients"), servers, SOUND, first_id=1) as patients:
                yield Proof(Path(folder), servers, patients, whole=whole)


@contextmanager
def _running(
    service: str, folder: Path, bootstrap_servers: str, defect: Defect, *, first_id: int
) -> Iterator[EmbeddedService]:
    module = ("proof.broken_service", service, defect.name, str(first_id))
    started = EmbeddedService(service, folder, bootstrap_servers, *module)
    try:
        yield started
    finally:
        started.process.kill()


class Proof:
    """The services on a broker and the runs of the suite against them.

    Args:
        folder: where they have their folders; the caller removes it.
        bootstrap_servers: the broker.
        patients: a patient service without a defect, for the runs against defects of other services.
        whole: whether all features are run against each defect, as a user runs them, and not only the first that
            notices it.
    """

    def __init__(self, folder: Path, bootstrap_servers: str, patients: EmbeddedService, *, whole: bool) -> None:
        self._whole = whole
        self._folder = folder
        self._bootstrap_servers = bootstrap_servers
        self._patients = patients
        self._first_ids = itertools.count(1 + _IDS_PER_SERVICE, _IDS_PER_SERVICE)
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
        if self._whole:
            return self._run(defect, ["features/"])
        chosen = ["--name", defect.scenario] if defect.scenario else []
        fast = ["-D", f"deadline={_DEADLINE_SECONDS}", "-D", f"settling={defect.settling}", "--stop"]
        return self._run(defect, [f"features/{defect.feature}.feature", *chosen, *fast])

    def _run(self, defect: Defect, arguments: Sequence[str]) -> Outcome:
        began = time.monotonic()
        folder = self._folder / defect.name
        with self._services(defect, folder) as running:
            others = addresses({name: each.url for name, each in running.items() if name != PATIENTS})
            own = [each.database for each in running.values() if each is not self._patients]
            where = remote(running[PATIENTS].url, self._bootstrap_servers, **others, **database.settings(own))
            reports = ["--junit", "--junit-directory", str(folder / "junit"), "--no-color"]
            reports += ["-D", f"evidence_dir={folder / 'evidence'}"]
            run = ModuleProcess(folder, "behave", *arguments, *where, *reports)
            exit_code = self._end_of(run)
        seconds = time.monotonic() - began
        outcome = judge(defect, folder, exit_code, seconds, run.output.splitlines()[-15:], whole=self._whole)
        shutil.rmtree(folder)
        return outcome

    @contextmanager
    def _services(self, defect: Defect, folder: Path) -> Iterator[Mapping[str, EmbeddedService]]:
        """Run the service with the defect, and those without one that the scenarios need: name -> service."""
        own = list(services()) if self._whole or defect is SOUND or defect.same_ids else [defect.service]
        first_id = next(self._first_ids)
        with ExitStack() as stack:
            running = {PATIENTS: self._patients} | {
                name: stack.enter_context(
                    _running(
                        name,
                        folder,
                        self._bootstrap_servers,
                        defect if name == defect.service else SOUND,
                        first_id=first_id,
                    )
                )
                for name in own
            }
            for each in running.values():
                each.wait_ready(START_SECONDS)
            yield running

    def _end_of(self, run: ModuleProcess) -> int | None:
        self._runs.add(run)
        if self._ending.is_set():  # the end was requested while the run was started
            run.process.terminate()
        exit_code = run.end(_RUN_SECONDS)
        self._runs.discard(run)
        return exit_code
