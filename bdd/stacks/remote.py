"""The remote stack: a platform that is there already; only a recorder is started, unless that is there too."""

import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from bdd.api.client import ApiClient, NoResponse, tls_advice
from bdd.evidence.sources import LogFile, Source
from bdd.kafka.client_settings import client_settings
from bdd.kafka.connection.advice import explain
from bdd.kafka.connection.diagnosis import Diagnosis, diagnose
from bdd.recorder.client import RecorderClient, RecorderUnreachable
from bdd.settings.settings import Settings
from bdd.stacks.base import CannotStart
from bdd.stacks.local_recorder import LocalRecorder
from bdd.stacks.safety import refuse_public_hosts, refuse_unknown_host
from bdd.system.exceptions import root_cause
from bdd.system.network import servers
from bdd.system.waiting import wait_until

_RECORDER_SECONDS = 20.0


class RemoteStack:
    """A service and brokers at given addresses, whoever runs them; see `Stack`."""

    recorder: RecorderClient

    def __init__(self, settings: Settings, run_id: str) -> None:
        assert settings.api_url, "the settings ask for it with stack=remote"
        self._settings = settings
        self._folder_prefix = f"acceptance-{run_id}-"
        self._bootstrap_servers = settings.bootstrap_servers
        self.api_url = settings.api_url
        self.startup: dict[str, float] = {}
        self._folder: Path | None = None
        self._local_recorder: LocalRecorder | None = None

    def start(self) -> None:
        """Check all addresses, then start the recorder or follow the one that runs; see `Stack.start`."""
        began = time.monotonic()
        self._check_where_it_writes()
        self._reach_all()
        self.startup["addresses"] = time.monotonic() - began
        try:
            self.recorder = self._follow_recorder() or self._start_recorder()
        except AssertionError as error:
            raise CannotStart(
                "\n".join([f"The recorder did not come up: {error}", *self._seen_from_here()])
            ) from error
        self.startup["recorder"] = time.monotonic() - began

    def trouble(self) -> str | None:
        """See `Stack.trouble`; of a platform that others run only the recorder can be looked into."""
        ended = self._local_recorder.process.trouble() if self._local_recorder else None
        return ended or (self.recorder.trouble() if hasattr(self, "recorder") else None)

    def evidence(self) -> Mapping[str, Source]:
        """See `Stack.evidence`."""
        sources: dict[str, Source] = {}
        if self._local_recorder:
            sources["logs/recorder.log"] = LogFile(self._local_recorder.process.log)
        if hasattr(self, "recorder"):  # after a start that failed, the brokers may be the ones that were refused
            sources["brokers.txt"] = _Momentary(self._seen_from_here)
        return sources

    def stop(self) -> None:
        """End what was started and remove its folder; a recorder that ran before runs on."""
        if hasattr(self, "recorder"):
            self.recorder.close()
        if self._local_recorder:
            self._local_recorder.process.kill()  # the journal is written through: nothing is lost
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _check_where_it_writes(self) -> None:
        host = urlsplit(self.api_url).hostname or ""
        allowed = self._settings.allow_host
        bootstrap = [server.host for server in servers(self._bootstrap_servers)] if self._bootstrap_servers else []
        refuse_public_hosts({"api_url": [host], "bootstrap_servers": bootstrap}, allowed)
        refuse_unknown_host("api_url", host, allowed)

    def _reach_all(self) -> None:
        """Look for both before one is told: where both are down, they have one reason."""
        faults = []
        for reach in (self._reach_service, self._reach_brokers):
            try:
                reach()
            except CannotStart as error:
                faults.append(error)
        if faults:
            raise CannotStart("\n".join(map(str, faults))) from faults[0]

    def _reach_service(self) -> None:
        """Any answer will do: what it should be is for the features to check."""
        api = ApiClient(self.api_url)
        try:
            api.send("GET", "/api/patients?status=offen")
        except NoResponse as error:
            raise CannotStart(
                f"The service cannot be reached: GET {self.api_url}/api/patients: {root_cause(error)}. "
                f"Is it running, and is api_url right?{tls_advice(self.api_url, error)}"
            ) from error
        finally:
            api.close()

    def _reach_brokers(self) -> None:
        """What they advertise must be reached too, and be allowed. A recorder that runs already knows its own."""
        if not self._bootstrap_servers:
            return
        diagnosis = self._diagnose(self._bootstrap_servers)
        if not diagnosis.sound:
            raise CannotStart(explain(diagnosis))
        advertised = [broker.seen.server.host for broker in diagnosis.brokers]
        refuse_public_hosts({"what the brokers advertise": advertised}, self._settings.allow_host)

    def _diagnose(self, bootstrap_servers: str) -> Diagnosis:
        return diagnose(bootstrap_servers, client_settings(bootstrap_servers, self._settings))

    def _seen_from_here(self) -> list[str]:
        """How the brokers are seen in this moment, for messages and for evidence."""
        return [explain(self._diagnose(self._bootstrap_servers))] if self._bootstrap_servers else []

    def _start_recorder(self) -> RecorderClient:
        assert self._bootstrap_servers, "the settings ask for it where no recorder runs"
        self._folder = Path(tempfile.mkdtemp(prefix=self._folder_prefix))
        self._local_recorder = LocalRecorder.start(self._folder, self._bootstrap_servers, self._settings)
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
            wait_until(pinned, description=f"the recorder at {url}", timeout=_RECORDER_SECONDS)
            client.skip_to(client.fence())  # what it read before belongs to other runs
        except RecorderUnreachable as error:
            raise CannotStart(
                f"The recorder cannot be followed: {error}. Does it run, and are recorder_url and recorder_token "
                "its own?"
            ) from error
        client.start(_RECORDER_SECONDS)
        return client


class _Momentary:
    """A source without history: what can be said in the moment that it is asked; see `Source`."""

    def __init__(self, lines: Callable[[], list[str]]) -> None:
        self._lines = lines

    def mark(self) -> float:
        """See `Source.mark`."""
        return 0

    def since(self, mark: float) -> bytes:  # noqa: ARG002 - the interface `Source`
        """See `Source.since`."""
        return "".join(f"{line}\n" for line in self._lines()).encode()
