"""Containers of the suite's own image that a run adds to a platform's network: its recorder, its doctor."""

from collections.abc import Sequence
from typing import Any

from docker.client import DockerClient
from docker.models.containers import Container

from bdd.containers.cleanup import RECORDER, labels
from bdd.containers.images import SUITE


def run_in_network(
    client: DockerClient, network: str, run_id: str, name: str, command: Sequence[str], **options: Any
) -> Container:
    """Start a container of the image, which is there, on a network and return at once; it carries the run's label.

    Args:
        client: the engine's.
        network: the one that it joins.
        run_id: the run's, by which it is found and removed.
        name: what it is, for its own name.
        command: what it runs.
        options: more of `docker.models.containers.ContainerCollection.run`.

    Raises:
        docker.errors.DockerException: it cannot be started.
    """
    container: Container = client.containers.run(
        SUITE,
        list(command),
        name=f"acceptance-{run_id}-{name}",
        labels={**labels(run_id), RECORDER: "yes"},
        network=network,
        detach=True,
        init=True,
        read_only=True,
        cap_drop=["ALL"],
        security_opt=["no-new-privileges:true"],
        mem_limit="256m",
        pids_limit=128,
        **options,
    )
    return container
