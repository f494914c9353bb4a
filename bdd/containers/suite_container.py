"""Containers of the suite's own image that a run adds to a platform's network: its recorder, its doctor."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from docker.client import DockerClient
from docker.models.containers import Container
from docker.models.networks import Network
from docker.types import Mount

from bdd.containers.cleanup import RECORDER, labels
from bdd.containers.engine import published_address
from bdd.containers.images import SUITE


class SuiteContainer:
    """A container of the suite's image in a platform's network."""

    def __init__(self, container: Container, network: str) -> None:
        self.container = container
        self._network = network

    @classmethod
    def start(
        cls,
        client: DockerClient,
        network: Network,
        run_id: str,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        port: int | None = None,
        folder: str | None = None,
        files: Mapping[str, Path] | None = None,
    ) -> Self:
        """Start a container of the image, which is there, and return at once; it carries the run's label.

        Args:
            client: the engine's client.
            network: the network that it joins.
            run_id: the run's id, by which the container is found and removed.
            name: the end of its name ("recorder").
            command: the command that it runs.
            environment: its environment variables.
            port: the port that it listens on; it is published on loopback only.
            folder: a folder that it may write into; it is removed with the container.
            files: the files of this machine that it may read: path in the container -> path here.

        Raises:
            docker.errors.DockerException: it cannot be started.
        """
        mounts = [Mount(folder, source=None, type="volume")] if folder else []
        for target, source in (files or {}).items():
            mounts.append(Mount(target, source=str(source.absolute()), type="bind", read_only=True))
        container: Container = client.containers.run(
            SUITE,
            list(command),
            name=f"acceptance-{run_id}-{name}",
            labels={**labels(run_id), RECORDER: "yes"},
            network=str(network.name),
            environment=dict(environment or {}),
            ports={f"{port}/tcp": ("127.0.0.1", 0)} if port else None,
            mounts=mounts,
            detach=True,
            init=True,
            read_only=True,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges:true"],
            mem_limit="256m",
            pids_limit=128,
        )
        return cls(container, str(network.name))

    def url(self, port: int) -> str:
        """Return the address of its port from here; an internal network publishes none, but can be routed to."""
        self.container.reload()
        own = self.container.attrs["NetworkSettings"]["Networks"][self._network]["IPAddress"]
        host, reached = published_address(self.container, port) or (own, port)
        return f"http://{host}:{reached}"

    def trouble(self) -> str | None:
        """Return how it ended, with its last log lines; None while it runs."""
        self.container.reload()
        if self.container.status != "exited":
            return None
        return f"its container ended: {self.container.logs(tail=5).decode(errors='replace').strip()}"

    def output(self, timeout: float) -> tuple[str, str]:
        """Wait until it ends, and return what it wrote to stdout and to stderr."""
        self.container.wait(timeout=timeout)
        parts = self.container.logs(stderr=False), self.container.logs(stdout=False)
        return parts[0].decode(errors="replace"), parts[1].decode(errors="replace")
