"""The embedded stack: reference service, Apache Kafka and recorder as local processes, side by side."""

import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from bdd.api.health import wait_healthy
from bdd.contracts import asyncapi as contract
from bdd.evidence.sources import LogFile, Source
from bdd.output.console import say
from bdd.recorder.client import RecorderClient
from bdd.settings.settings import Settings
from bdd.stacks.base import CannotStart
from bdd.stacks.embedded.broker import Distribution, EmbeddedBroker
from bdd.stacks.embedded.distribution import BrokerUnavailable, prepare
from bdd.stacks.embedded.service import EmbeddedService
from bdd.stacks.local_recorder import LocalRecorder

if TYPE_CHECKING:
    from bdd.system.processes import ChildProcess

_START_SECONDS = 60.0
_TRIES = 3


class EmbeddedStack:
    """A platform of its own for each run, on free loopback ports; see `Stack`."""

    recorder: RecorderClient
    api_url: str

    def __init__(self, settings: Settings, run_id: str) -> None:
        self._settings = settings
        self._folder_prefix = f"acceptance-{run_id}-"
        self.startup: dict[str, float] = {}
        self._folder: Path | None = None
        self._processes: list[ChildProcess] = []

    def start(self) -> None:
        """Start the three processes side by side, then wait for each; see `Stack.start`.

        Where a port that was free goes to another program in the meantime, it begins again with others.
        """
        for tries_left in reversed(range(_TRIES)):
            try:
                self._bring_up(prepare(self._settings.cache_dir, say))
            except (BrokerUnavailable, OSError, AssertionError) as error:
                if not (tries_left and any(process.port_taken() for process in self._processes)):
                    raise CannotStart(f"The embedded platform did not start: {error}") from error
                self.stop()
            else:
                return

    def trouble(self) -> str | None:
        """See `Stack.trouble`."""
        for process in self._processes:
            if ended := process.trouble():
                return ended
        return self.recorder.trouble() if hasattr(self, "recorder") else None

    def evidence(self) -> Mapping[str, Source]:
        """See `Stack.evidence`."""
        return {f"logs/{process.log.name}": LogFile(process.log) for process in self._processes}

    def stop(self) -> None:
        """End the processes, the last one first, and remove their data."""
        if hasattr(self, "recorder"):
            self.recorder.close()
        while self._processes:
            self._processes.pop().kill()  # nobody needs what they would still write
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _bring_up(self, distribution: Distribution) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix=self._folder_prefix))
        began = time.monotonic()
        broker = EmbeddedBroker.start(distribution, self._folder / "kafka")
        self._processes.append(broker.process)
        service = EmbeddedService.start(self._folder, broker.bootstrap_servers)
        self._processes.append(service.process)
        recorder = LocalRecorder.start(self._folder, broker.bootstrap_servers, self._settings)
        self._processes.append(recorder.process)
        self.bootstrap_servers, self.api_url = broker.bootstrap_servers, service.url
        broker.wait_ready(_START_SECONDS)
        broker.create_topics(contract.current().partitions)
        self.startup["broker"] = time.monotonic() - began
        wait_healthy(self.api_url, timeout=_START_SECONDS, abort_if=self.trouble)
        self.startup["service"] = time.monotonic() - began
        self.recorder = recorder.wait_ready(_START_SECONDS)
        self.startup["recorder"] = time.monotonic() - began
