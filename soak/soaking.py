"""Starts the runs of a condition, and keeps the files of those that fail."""

import re
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from bdd.run.broker import running_broker
from bdd.run.process import ModuleProcess, addresses, remote
from bdd.stacks.embedded.broker import Distribution
from bdd.system.signals import ignore_signals
from soak.conditions import Condition
from soak.platform import running_services

_DEADLINE_FACTOR = "10"
"""A condition slows the machine down; only what never comes may turn a run red."""
_VERDICT = re.compile(
    r"^(?:GREEN: (?P<passed>\d+) scenario|RED: (?P<failed>\d+) of (?P<all>\d+) scenario)", re.MULTILINE
)


@dataclass(frozen=True)
class Outcome:
    """The outcome of a run; `error` says why it is red, and is None when it is green."""

    scenarios: int
    seconds: float
    error: str | None = None


@dataclass
class Result:
    """The outcomes of all runs under a condition."""

    condition: Condition
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def red(self) -> int:
        """How many runs were red."""
        return sum(outcome.error is not None for outcome in self.outcomes)


def judge(exit_code: int | None, output: str, seconds: float) -> Outcome:
    """Return the outcome of a run.

    Args:
        exit_code: the process's, None if it did not end.
        output: all that it has printed.
        seconds: how long it took.
    """
    verdict = _VERDICT.search(output)
    count = int(verdict["passed"] or verdict["all"]) if verdict else 0
    if exit_code is None:
        return Outcome(count, seconds, "it did not end")
    if exit_code:
        failed = (verdict["failed"] if verdict else None) or 0
        return Outcome(count, seconds, f"exit code {exit_code}, {failed} of {count} failed")
    return Outcome(count, seconds, None if count else "it ran no scenario")


class Soak:
    """Runs the features under one condition after the other.

    Args:
        distribution: Kafka, to start brokers.
        folder: where the runs have their folders; the caller removes it.
        red_folder: where the folders of red runs are moved to.
        progress: called with a line for each run that has ended.
    """

    def __init__(
        self, distribution: Distribution, folder: Path, red_folder: Path, progress: Callable[[str], None]
    ) -> None:
        self._distribution = distribution
        self._folder = folder
        self._red_folder = red_folder
        self._progress = progress
        self._stopping = threading.Event()
        self._running: set[ModuleProcess] = set()

    def under(self, condition: Condition, rounds: int) -> Result:
        """Run the features under a condition, a few rounds at a time: services, and the runs on them."""
        result = Result(condition)
        folder = self._folder / condition.name
        with (
            running_broker(self._distribution, folder / "kafka") as broker,
            condition.around(broker) as variables,
            ThreadPoolExecutor(condition.parallel) as pool,
        ):
            others = (folder, broker.bootstrap_servers, variables or {})
            started = [pool.submit(self._round, condition, number, *others) for number in range(1, rounds + 1)]
            try:
                for outcome in (each for done in as_completed(started) for each in done.result()):
                    result.outcomes.append(outcome)
                    verdict = f"RED: {outcome.error}" if outcome.error else "green"
                    count = f"{len(result.outcomes)}/{rounds * condition.together}"
                    self._progress(f"{condition.name:18}{count:>8}{outcome.seconds:8.1f} s  {verdict}")
            except BaseException:
                ignore_signals()  # a second one must not cut the clean-up short
                self.stop()
                pool.shutdown(cancel_futures=True)
                raise
        return result

    def stop(self) -> None:
        """Ask all runs to end; each removes what it has made. No other run starts."""
        self._stopping.set()
        for run in list(self._running):
            run.process.terminate()

    def _round(
        self, condition: Condition, number: int, folder: Path, servers: str, variables: Mapping[str, str]
    ) -> list[Outcome]:
        """Start the services and, at once, the runs on them."""
        if self._stopping.is_set():
            return []
        folder /= str(number)
        folder.mkdir(parents=True)
        features, nature = condition.turn(number)
        with running_services(folder, servers, number, nature) as api_urls, condition.meanwhile(api_urls):
            platform = remote(bootstrap_servers=servers, **addresses(api_urls))
            command = ["behave", "--no-color", *features, *platform, *condition.arguments]
            run_folders = [folder / f"run-{each + 1}" for each in range(condition.together)]
            environment = {"BDD_DEADLINE_FACTOR": _DEADLINE_FACTOR, **variables}
            began = time.monotonic()
            runs = [ModuleProcess(each, *command, environment=environment) for each in run_folders]
            with condition.upon(runs):
                outcomes = list(self._ends(runs, began))
        if any(outcome.error for outcome in outcomes) and not self._stopping.is_set():
            shutil.move(folder, self._red_folder / f"{condition.name}-{number}")
        shutil.rmtree(folder, ignore_errors=True)
        return outcomes

    def _ends(self, runs: Iterable[ModuleProcess], began: float) -> Iterable[Outcome]:
        self._running.update(runs)
        if self._stopping.is_set():  # the end was requested while they were started
            self.stop()
        for run in runs:
            yield judge(run.end(), run.output, time.monotonic() - began)
            self._running.discard(run)
