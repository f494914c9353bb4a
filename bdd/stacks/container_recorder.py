"""A recorder as a container that joins the platform's network, where the broker's advertised name resolves."""

import secrets
from pathlib import Path
from typing import Self

from docker.client import DockerClient
from docker.models.containers import Container
from docker.types import Mount

from bdd.containers.discovery import Platform
from bdd.containers.engine import published_address
from bdd.containers.suite_container import run_in_network
from bdd.contracts import asyncapi as contract
from bdd.kafka.client_settings import client_settings
from bdd.recorder.client import RecorderClient
from bdd.recorder.settings import RecorderSettings
from bdd.settings.settings import Settings

_PORT = 8080
_FOLDER = "/journal"


class ContainerRecorder:
    """One recorder's container."""

    def __init__(self, container: Container, network: str, token: str) -> None:
        self.container = container
        self._network = network
        self._token = token

    @classmethod
    def start(cls, client: DockerClient, platform: Platform, settings: Settings, run_id: str) -> Self:
        """Start the container, whose image is there, and return at once.

        Raises:
            docker.errors.DockerException: the container cannot be started.
        """
        token = secrets.token_urlsafe(24)
        recorder = RecorderSettings(
            client=client_settings(platform.bootstrap_servers, settings),
            topics=contract.current().partitions,
            folder=Path(_FOLDER),
            token=token,
            host="0.0.0.0",  # noqa: S104 - of the container; it is published on loopback only
            port=_PORT,
        )
        network = str(platform.network.name)
        container = run_in_network(
            client,
            network,
            run_id,
            "recorder",
            ["python", "-m", "bdd.recorder"],
            environment=recorder.to_environment(),
            ports={f"{_PORT}/tcp": ("127.0.0.1", 0)},
            mounts=[Mount(_FOLDER, source=None, type="volume")],  # an anonymous one
        )
        return cls(container, network, token)

    def wait_ready(self, timeout: float) -> RecorderClient:
        """Return a client that follows the recorder, once it is pinned.

        Raises:
            AssertionError: it ended, or was not pinned in time.
        """
        self.container.reload()
        own = self.container.attrs["NetworkSettings"]["Networks"][self._network]["IPAddress"]
        # An internal network publishes nothing.
        host, port = published_address(self.container, _PORT) or (own, _PORT)
        client = RecorderClient(f"http://{host}:{port}", self._token)
        client.start(timeout, self._how_it_ended)
        return client

    def _how_it_ended(self) -> str | None:
        self.container.reload()
        if self.container.status != "exited":
            return None
        return f"its container ended: {self.container.logs(tail=5).decode(errors='replace').strip()}"
