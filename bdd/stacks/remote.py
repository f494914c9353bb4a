"""The remote stack: a platform that is there already; only a recorder is started, unless that is there too."""

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
from bdd.recorder.client import RecorderClient, RecorderUnreachable
from bdd.settings import Settings
from bdd.stacks.local_recorder import LocalRecorder
from bdd.stacks.stack import CannotStart
from bdd.waiting import wait_until

_CONNECT_SECONDS = 5.0
_RECORDER_SECONDS = 20.0


class RemoteStack:
    """A service and brokers at given addresses, whoever runs them; see `Stack`."""

    recorder: RecorderClient

    def __init__(self, settings: Settings) -> None:
        assert settings.api_url, "the settings ask for it with stack=remote"
        self._settings = settings
        self.api_url = settings.api_url
        self.startup: dict[str, float] = {}
        self._folder: Path | None = None
        self._local_recorder: LocalRecorder | None = None

    def start(self) -> None:
        """Check all addresses, then start the recorder or follow the one that runs; see `Stack.start`."""
        began = time.monotonic()
        self._reach_service()
        if self._settings.bootstrap_servers:
            self._reach_brokers(self._settings.bootstrap_servers)
        try:
            self.recorder = self._follow_recorder() or self._start_recorder()
        except AssertionError as fault:
            raise CannotStart(f"The recorder did not come up: {fault}") from fault
        self.startup = {"recorder": time.monotonic() - began}

    def trouble(self) -> str | None:
        """See `Stack.trouble`; of a platform that others run only the recorder can be looked into."""
        if not hasattr(self, "recorder"):
            return self._local_recorder.process.trouble() if self._local_recorder else None
        return (self._local_recorder and self._local_recorder.process.trouble()) or self.recorder.trouble()

    def evidence(self) -> Mapping[str, Source]:
        """See `Stack.evidence`."""
        return {"logs/recorder.log": LogFile(self._local_recorder.process.log)} if self._local_recorder else {}

    def stop(self) -> None:
        """End what was started and remove its folder; a recorder that ran before runs on."""
        if hasattr(self, "recorder"):
            self.recorder.close()
        if self._local_recorder:
            self._local_recorder.process.kill()  # the journal is written through: nothing is lost
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _start_recorder(self) -> RecorderClient:
        assert self._settings.bootstrap_servers, "the settings ask for it where no recorder runs"
        self._folder = Path(tempfile.mkdtemp(prefix="acceptance-"))
        self._local_recorder = LocalRecorder.start(self._folder, self._settings.bootstrap_servers, self._settings)
        return self._local_recorder.wait_ready(_RECORDER_SECONDS)

    def _follow_recorder(self) -> RecorderClient | None:
        """Return a client of the recorder that runs already, None where there is none."""
        url, token = self._settings.recorder_url, self._settings.recorder_token
        if not url or not token:
            return None
        client = RecorderClient(url, token.get_secret_value())

        def pinned() -> None:
            assert client.ready(), "it is not pinned to the end offsets yet: does it reach its brokers?"

        try:
            wait_until(pinned, what=f"the recorder at {url}", within=_RECORDER_SECONDS)
            client.skip_to(client.fence())  # what it read before belongs to other runs
        except RecorderUnreachable as fault:
            raise CannotStart(
                f"The recorder cannot be followed: {fault}. Does it run, and are recorder_url and recorder_token "
                "its own?"
            ) from fault
        client.start(_RECORDER_SECONDS)
        return client

    def _reach_service(self) -> None:
        """Any answer will do: what it should be is for the features to check."""
        try:
            requests.get(f"{self.api_url}/api/patients", params={"status": "offen"}, timeout=_CONNECT_SECONDS)
        except requests.RequestException as fault:
            raise CannotStart(
                f"The service cannot be reached: GET {self.api_url}/api/patients: {_cause(fault)}. "
                "Is it running, and is api_url right?"
            ) from fault

    def _reach_brokers(self, bootstrap_servers: str) -> None:
        client = AdminClient({**client_settings(bootstrap_servers, self._settings), "log_level": "0"})
        try:
            client.list_topics(timeout=_CONNECT_SECONDS)
        except KafkaException as fault:
            raise CannotStart(
                f"The broker cannot be reached: {bootstrap_servers} gave no metadata within "
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
