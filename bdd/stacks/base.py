"""What all stacks have in common: they start a platform and a recorder, watch them, and remove them."""

import shlex
import shutil
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path
from typing import ClassVar

from bdd.contracts import asyncapi as contract
from bdd.domain.outage import TAG, DatabaseSwitch
from bdd.domain.resource import Resource
from bdd.domain.resources import needed_topics, services_without_contract
from bdd.evidence.collecting import collect_sources
from bdd.evidence.sources import LogFile, Source
from bdd.output.masking import mask
from bdd.recorder.client import RecorderClient
from bdd.results.model import Component
from bdd.settings.settings import Settings
from bdd.stacks.checks.check import Check, Failed
from bdd.stacks.database import DatabaseByCommands
from bdd.system.processes import ChildProcess

TryEvent = Callable[[Callable[[Resource], str]], str]
"""Tries each resource; it takes a function that returns the command to type where no event about one comes."""


class CannotStart(Exception):
    """The platform or the recorder did not start; the message has the next step, and no secret."""

    def __init__(self, sentence: str) -> None:
        super().__init__(mask(sentence))


class Stack(ABC):
    """A platform and a recorder of its events, for one run.

        stack = make_stack(settings, new_run_id())
        try:
            stack.start()
            ApiClient(stack.api_urls["patient-service"]).send("DELETE", "/api/patients/17")
            print(stack.recorder.records())
        finally:
            stack.stop()

    A new kind of stack is a module with a subclass and a line in `bdd.stacks.factory`. The subclass has `_start`,
    `checks` and `errors`. Whatever `_start` makes it registers at once, by the methods below or in `_cleanups`, so
    that `stop` also removes what a start left that failed half-way.

    Attributes:
        errors: the exceptions that keep it from starting -> the beginning of the sentence about them.
        api_urls: the services that the platform has, once the stack has started: name -> address.
        absent: the services that it has not: name -> the reason, as a clause.
        startup: the seconds from the beginning of `start` until each part was ready.
        database: takes the platform's database away and brings it back, None where the run cannot do that.
    """

    errors: ClassVar[Mapping[type[Exception], str]]

    def __init__(self, settings: Settings, run_id: str) -> None:
        self.api_urls: dict[str, str] = {}
        self.absent: dict[str, str] = {}
        self.startup: dict[str, float] = {}
        self.database: DatabaseSwitch | None = None
        if settings.database_away and settings.database_back:
            self.database = DatabaseByCommands(settings.database_away, settings.database_back)
        self._settings = settings
        self._run_id = run_id
        self._began = 0.0
        self._reset()

    def start(self) -> None:
        """Return when the service answers, the topics are there and the recorder is pinned.

        Raises:
            CannotStart: one of them did not come up.
        """
        self._began = time.monotonic()
        try:
            self._start()
        except tuple(self.errors) as error:
            beginning = next(text for kind, text in self.errors.items() if isinstance(error, kind))
            raise CannotStart(f"{beginning}: {error}") from error
        if self.database:
            self._cleanups.append(self.database.bring_back)
        promised = contract.current()
        for name in services_without_contract(promised):
            self.api_urls.pop(name, None)
            self.absent[name] = f"{promised} has none of its events"

    @property
    def lacking(self) -> Mapping[str, str]:
        """The tags of other scenarios that cannot be executed, besides those of absent services: tag -> why."""
        why = "the run cannot take the platform's database away: database_away and database_back are not given"
        return {} if self.database else {TAG: why}

    @property
    def recorder(self) -> RecorderClient:
        """The run's recorder, pinned, with its journal mirrored."""
        assert self._recorder, "the stack has not been started"
        return self._recorder

    def trouble(self) -> str | None:
        """Return what has failed since the start (a process that ended, lost records), None if nothing has."""
        return next((trouble for look in self._troubles if (trouble := look())), None)

    def evidence(self) -> Mapping[str, Source]:
        """Return the sources of evidence for a failed scenario: `logs/patient-service.log` -> source."""
        return self._sources

    def components(self) -> list[Component]:
        """Return the parts of the platform and their versions, as far as they are known."""
        return [Component(name=name, address=url) for name, url in self.api_urls.items()]

    def stop(self) -> None:
        """Remove what `start` made, and nothing else, the newest first. It may be called at any time, and again.

        Raises:
            ExceptionGroup: a clean-up failed. All others have run, and the next call repeats those that failed.
        """
        errors: list[Exception] = []
        for cleanup in self._cleanups[::-1]:
            try:
                cleanup()
            except Exception as error:  # noqa: BLE001 - one failure must not leave the rest behind
                errors.append(error)
            else:
                self._cleanups.remove(cleanup)  # one that fails or is interrupted stays for the next call
        if errors:
            raise ExceptionGroup("not everything that the run started could be removed", errors)
        self._reset()

    @abstractmethod
    def checks(self, try_event: TryEvent | None) -> list[Check]:
        """Return the doctor's checks of this stack, each after those that it depends on.

        Args:
            try_event: the look of a last check, "event", that needs the started stack. None: no such check, and a
                stack is started only to be looked at.
        """

    @abstractmethod
    def _start(self) -> None:
        """Start the platform and the recorder; see `start`.

        Raises:
            CannotStart: it failed. One of `errors` is translated into it.
        """

    def _reset(self) -> None:
        self._recorder: RecorderClient | None = None
        self._troubles: list[Callable[[], str | None]] = []
        self._sources: dict[str, Source] = {}
        self._cleanups: list[Callable[[], object]] = []

    def _add_process(self, process: ChildProcess) -> None:
        """Watch a process, keep its log as evidence, and kill it at the end."""
        self._cleanups.append(process.kill)
        self._troubles.append(process.trouble)
        self._sources[f"logs/{process.log.name}"] = LogFile(process.log)

    def use_recorder(self, recorder: RecorderClient) -> None:
        """Use a recorder: its trouble is the stack's, which aborts its requests; it is closed with the stack."""
        self._cleanups.append(recorder.close)
        self._troubles.append(recorder.trouble)
        recorder.abort_if = self.trouble
        recorder.needed = needed_topics(self.api_urls)
        self._recorder = recorder

    def _make_folder(self) -> Path:
        """Return a new folder that is removed at the end."""
        if self._settings.run_dir:
            self._settings.run_dir.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f"acceptance-{self._run_id}-", dir=self._settings.run_dir))
        self._cleanups.append(partial(shutil.rmtree, folder, ignore_errors=True))
        return folder

    def _ready(self, part: str) -> None:
        self.startup[part] = time.monotonic() - self._began

    def _start_check(
        self, name: str, depends_on: tuple[str, ...], next_command: str, *, keep_logs: bool = False
    ) -> Check:
        """Return a check that starts the stack; the caller stops it.

        Args:
            name: the check's name.
            depends_on: the checks that must have passed.
            next_command: the command to type when it does not start and left no log.
            keep_logs: whether the logs of a failed start are kept as evidence; they go with the stack otherwise.
        """

        def start() -> str:
            try:
                with redirect_stdout(sys.stderr):
                    self.start()
            except CannotStart as error:
                raise Failed(str(error), (keep_logs and self._kept_logs()) or next_command) from error
            return ", ".join(f"{part} after {seconds:.1f} s" for part, seconds in self.startup.items())

        return Check(name, start, depends_on, timeout=None)

    def _kept_logs(self) -> str | None:
        """Keep the logs and return the command that shows them, None if there are none."""
        folder = self._settings.evidence_dir / self._run_id / "start"  # as a run names it
        collect_sources(folder, self._sources)
        return f"tail -n 50 {shlex.quote(str(folder))}/logs/*.log" if folder.exists() else None
