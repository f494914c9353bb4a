"""The embedded stack: reference services, Apache Kafka and recorder as local processes, side by side."""

import sys
import time
from pathlib import Path

from bdd.api.health import wait_healthy
from bdd.contracts import asyncapi as contract
from bdd.domain.resource import Resource
from bdd.domain.resources import services
from bdd.output.console import say
from bdd.results.model import Component
from bdd.settings.settings import Settings
from bdd.stacks.base import Stack, TryEvent
from bdd.stacks.checks.check import Check, Failed
from bdd.stacks.embedded.broker import Distribution, EmbeddedBroker
from bdd.stacks.embedded.database import LockedDatabases
from bdd.stacks.embedded.distribution import prepare
from bdd.stacks.embedded.jars import BrokerUnavailable, pinned_jars
from bdd.stacks.embedded.service import EmbeddedService, database_file, has_reference, reference_module
from bdd.stacks.local_recorder import LocalRecorder
from bdd.system.processes import ChildProcess, CommandFailed, run_command

_START_SECONDS = 60.0
_TRIES = 3
_FIRST_TIME_SECONDS = 300.0
_JAVA_SECONDS = 10.0


class EmbeddedStack(Stack):
    """A platform of its own for each run, on free loopback ports; see `Stack`."""

    errors = dict.fromkeys((BrokerUnavailable, OSError, AssertionError), "The embedded platform did not start")
    bootstrap_servers: str

    def __init__(self, settings: Settings, run_id: str) -> None:
        super().__init__(settings, run_id)
        missing = (name for name in services() if not has_reference(name))
        self.absent |= {name: f"there is no module {reference_module(name)}" for name in missing}

    def checks(self, try_event: TryEvent | None) -> list[Check]:
        """See `Stack.checks`; the platform is started in any case, for there is nothing to look at otherwise."""
        # Imported late: it loads Kafka's client, which would keep a run from starting its processes.
        from bdd.stacks.checks.brokers import KafkaChecks  # noqa: PLC0415
        from bdd.stacks.checks.service import ServiceChecks  # noqa: PLC0415

        of_services = ServiceChecks(self._settings, self.api_urls, self.absent)
        checks = [
            Check("cache", self._check_cache, timeout=_FIRST_TIME_SECONDS),
            Check("Java", self._check_java, ("cache",)),
            self._start_check("start", ("Java",), "behave features/patient_created.feature", keep_logs=True),
            *of_services.checks("start"),
            *KafkaChecks(self._settings, lambda: self.bootstrap_servers).checks("start"),
        ]
        if try_event:
            needed = (*of_services.listening, "listeners")
            checks.append(Check("event", lambda: try_event(_again), needed, timeout=None))
        return checks

    def components(self) -> list[Component]:
        """See `Stack.components`; the services are those of this project."""
        kafka = Component(name="kafka", version=pinned_jars()[0].version, address=self.bootstrap_servers)
        return [*super().components(), kafka]

    def _start(self) -> None:
        """Start all processes side by side, then wait for each.

        If a free port was taken by another program in the meantime, start again with others.
        """
        for tries_left in reversed(range(_TRIES)):
            self._processes: list[ChildProcess] = []
            try:
                self._bring_up(prepare(self._settings.cache_dir, say))
            except tuple(self.errors):
                if not (tries_left and any(process.port_taken() for process in self._processes)):
                    raise
                self.stop()
            else:
                return

    def _bring_up(self, distribution: Distribution) -> None:
        folder = self._make_folder()
        self._began = time.monotonic()
        broker = EmbeddedBroker.start(distribution, folder / "kafka")
        self._add_process(broker.process)
        self._start_services(folder, broker.bootstrap_servers)
        recorder = LocalRecorder(folder, broker.bootstrap_servers, self._settings)
        self._add_process(recorder.process)
        self.bootstrap_servers = broker.bootstrap_servers
        self.database = self.database or LockedDatabases(database_file(folder, name) for name in self.api_urls)
        broker.wait_ready(_START_SECONDS)
        broker.create_topics(contract.current().partitions)
        self._ready("broker")
        for name, url in self.api_urls.items():
            wait_healthy(url, timeout=_START_SECONDS, abort_if=self.trouble)
            self._ready(name)
        self.use_recorder(recorder.wait_ready(_START_SECONDS))
        self._ready("recorder")

    def _start_services(self, folder: Path, bootstrap_servers: str) -> None:
        for name in services():
            if name in self.absent:
                continue
            service = EmbeddedService(name, folder, bootstrap_servers)
            self._add_process(service.process)
            self.api_urls[name] = service.url

    def _add_process(self, process: ChildProcess) -> None:
        super()._add_process(process)
        self._processes.append(process)

    def _check_cache(self) -> str:
        """The first time the cache is filled, as a run would do."""
        folder = self._settings.cache_dir
        try:
            distribution = prepare(folder, lambda line: print(line, file=sys.stderr))  # noqa: T201 - stdout is for the doctor
        except BrokerUnavailable as error:
            raise Failed(str(error), f"ls -ld {folder}") from error
        return f"Apache Kafka is ready in {distribution.template.parent}"

    def _check_java(self) -> str:
        command = [str(prepare(self._settings.cache_dir, lambda _: None).java), "--version"]
        try:
            output = run_command(command, timeout=_JAVA_SECONDS)
        except CommandFailed as error:
            raise Failed(f"Java does not run on this machine: {error}", " ".join(command)) from error
        return output.splitlines()[0]


def _again(resource: Resource) -> str:
    return f"behave features/{resource.noun}_created.feature"
