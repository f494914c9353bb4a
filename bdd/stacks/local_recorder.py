"""A recorder as a local process."""

import secrets
import sys
from pathlib import Path

from bdd.contracts import asyncapi as contract
from bdd.kafka.client_settings import client_settings
from bdd.output import masking
from bdd.recorder.client import RecorderClient
from bdd.recorder.settings import RecorderSettings
from bdd.settings.settings import Settings
from bdd.system.environment import KERBEROS, NETWORK, for_python
from bdd.system.paths import ROOT
from bdd.system.processes import ChildProcess
from bdd.system.waiting import wait_until


class LocalRecorder:
    """Starts `python -m bdd.recorder` in a folder of the run at once; `wait_ready` connects a client to it."""

    def __init__(self, folder: Path, bootstrap_servers: str, settings: Settings) -> None:
        self._settings = RecorderSettings(
            client=client_settings(bootstrap_servers, settings),
            topics=contract.current().partitions,
            folder=folder,
            token=secrets.token_urlsafe(24),
        )
        masking.remember([self._settings.token])
        self.process = ChildProcess(
            "the recorder",
            [sys.executable, "-m", "bdd.recorder"],
            log=folder / "recorder.log",
            # A command line would show its secrets. librdkafka asks Kerberos and OpenSSL, which read variables.
            env={**for_python(f"{KERBEROS} {NETWORK}"), **self._settings.to_environment()},
            cwd=ROOT,
        )

    def wait_ready(self, timeout: float) -> RecorderClient:
        """Return a client that follows the recorder, once it is pinned.

        Raises:
            AssertionError: it ended, or was not pinned in time.
        """
        wait_until(
            self._settings.address.stat,
            description="the recorder's address",
            timeout=timeout,
            retry_on=(FileNotFoundError,),
            abort_if=self.process.trouble,
            interval=0.01,
        )
        client = RecorderClient(self._settings.address.read_text(encoding="utf-8"), self._settings.token)
        client.start(timeout, self.process.trouble)
        return client
