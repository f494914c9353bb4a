"""The remote stack: a platform that is there already; only a recorder is started."""

import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import requests
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from bdd.evidence.sources import LogFile, Source
from bdd.kafka.client_settings import client_settings
from bdd.recorder.client import RecorderClient
from bdd.settings import Settings
from bdd.stacks.local_recorder import LocalRecorder
from bdd.stacks.stack import CannotStart

_CONNECT_SECONDS = 5.0
_RECORDER_SECONDS = 20.0


class RemoteStack:
    """A service and brokers at given addresses, whoever runs them; see `Stack`."""

    recorder: RecorderClient

    def __init__(self, settings: Settings) -> None:
        assert settings.api_url, "the settings ask for it with stack=remote"
        assert settings.bootstrap_servers, "the settings ask for it with stack=remote"
        self._settings = settings
        self._bootstrap_servers = settings.bootstrap_servers
        self.api_url = settings.api_url
        self.startup: dict[str, float] = {}
        self._folder: Path | None = None
        self._local_recorder: LocalRecorder | None = None

    def start(self) -> None:
        """Check both addresses, then start the recorder; see `Stack.start`."""
        began = time.monotonic()
        self._reach_service()
        self._reach_brokers()
        self._folder = Path(tempfile.mkdtemp(prefix="acceptance-"))
        self._local_recorder = LocalRecorder.start(self._folder, self._bootstrap_servers, self._settings)
        try:
            self.recorder = self._local_recorder.wait_ready(_RECORDER_SECONDS)
        except AssertionError as fault:
            raise CannotStart(f"The recorder did not come up: {fault}") from fault
        self.startup = {"recorder": time.monotonic() - began}

    def trouble(self) -> str | None:
        """See `Stack.trouble`; of a platform that others run only the recorder can be looked into."""
        if self._local_recorder is None:
            return None
        return self._local_recorder.process.trouble() or self.recorder.trouble()

    def evidence(self) -> Mapping[str, Source]:
        """See `Stack.evidence`."""
        return {"logs/recorder.log": LogFile(self._local_recorder.process.log)} if self._local_recorder else {}

    def stop(self) -> None:
        """End the recorder and remove its folder."""
        if self._local_recorder:
            if hasattr(self, "recorder"):
                self.recorder.close()
            self._local_recorder.process.kill()  # the journal is written through: nothing is lost
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _reach_service(self) -> None:
        """Any answer will do: what it should be is for the features to check."""
        try:
            requests.get(f"{self.api_url}/api/patients", params={"status": "offen"}, timeout=_CONNECT_SECONDS)
        except requests.RequestException as fault:
            raise CannotStart(
                f"The service cannot be reached: GET {self.api_url}/api/patients: {_cause(fault)}. "
                "Is it running, and is api_url right?"
            ) from fault

    def _reach_brokers(self) -> None:
        client = AdminClient({**client_settings(self._bootstrap_servers, self._settings), "log_level": "0"})
        try:
            client.list_topics(timeout=_CONNECT_SECONDS)
        except KafkaException as fault:
            raise CannotStart(
                f"The broker cannot be reached: {self._bootstrap_servers} gave no metadata within "
                f"{_CONNECT_SECONDS:g} s ({fault.args[0].str()}). Is it running, and is bootstrap_servers right?"
            ) from fault


def make_stack(settings: Settings, _run_id: str) -> RemoteStack:
    """Return the stack, not started yet."""
    return RemoteStack(settings)


def _cause(fault: BaseException) -> str:
    """The innermost reason: what requests and urllib3 wrap around it helps nobody."""
    while inner := (fault.__cause__ or fault.__context__):
        fault = inner
    return str(fault)
