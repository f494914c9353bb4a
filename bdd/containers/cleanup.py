"""What runs put into the engine, known by its labels, and removed by them alone."""

import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import psutil
from docker.client import DockerClient
from docker.errors import APIError, NotFound
from docker.models.containers import Container
from docker.models.networks import Network
from docker.models.volumes import Volume

RUN = "acceptance.run"
OWNER = "acceptance.owner"
IMAGE = "acceptance.image"
RECORDER = "acceptance.recorder"


@dataclass
class Leftover:
    """Everything in the engine that carries the label of one run.

    Attributes:
        owner: the process that made it, see `owner_of_this_run`; empty for what was started by hand or is kept.
    """

    run: str
    owner: str = ""
    containers: list[Container] = field(default_factory=list)
    networks: list[Network] = field(default_factory=list)
    volumes: list[Volume] = field(default_factory=list)

    @property
    def is_abandoned(self) -> bool:
        """Whether its owner was a process of this machine that has ended."""
        machine, _, process = self.owner.partition("/")
        return machine == socket.gethostname() and not _lives(process)

    @property
    def state(self) -> str:
        """Why it is there, in a word or two."""
        if not self.owner:
            return "kept, or started by hand"
        return "abandoned" if self.is_abandoned else f"in use by {self.owner.partition('@')[0]}"

    @property
    def names(self) -> list[str]:
        """What there is."""
        containers = [str(container.name) for container in self.containers]
        networks = [str(network.name) for network in self.networks]
        return containers + networks + [str(volume.name) for volume in self.volumes]

    def remove(self) -> None:
        """Remove it; what somebody else has just removed is no fault.

        Raises:
            docker.errors.APIError: the engine refused; what came before that is removed.
        """
        for container in self.containers:
            with suppress(NotFound):
                container.remove(force=True, v=True)
        for network in self.networks:
            with suppress(NotFound):
                network.remove()
        for volume in self.volumes:
            with suppress(NotFound):
                volume.remove()


def labels(run_id: str, *, keep: bool = False) -> dict[str, str]:
    """Return the labels of all that a run makes; what is kept has no owner, so that it is never abandoned."""
    return {RUN: run_id, OWNER: "" if keep else owner_of_this_run()}


def owner_of_this_run() -> str:
    """Return this process in a form that no later process has: machine/number@start."""
    process = psutil.Process()
    return f"{socket.gethostname()}/{process.pid}@{process.create_time():.2f}"


def find(client: DockerClient, run_id: str | None = None) -> list[Leftover]:
    """Return what is in the engine of one run or of all, oldest run first."""
    filters: dict[str, str | list[str] | bool] = {"label": f"{RUN}={run_id}" if run_id else RUN}
    found: dict[str, Leftover] = {}

    def of_run(marks: Mapping[str, str]) -> Leftover:
        return found.setdefault(marks[RUN], Leftover(marks[RUN], marks.get(OWNER, "")))

    for container in client.containers.list(all=True, filters=filters, ignore_removed=True):
        of_run(container.labels).containers.append(container)
    for network in client.networks.list(filters=filters):
        of_run(network.attrs["Labels"]).networks.append(network)
    for volume in client.volumes.list(filters=filters):
        of_run(volume.attrs["Labels"]).volumes.append(volume)
    return [found[run] for run in sorted(found)]


def remove_run(client: DockerClient, run_id: str) -> None:
    """Remove everything in the engine that carries the label of one run."""
    for made in find(client, run_id):
        made.remove()


def image_names(client: DockerClient) -> list[str]:
    """Return the names of the images that were built for runs."""
    found = client.api.images(filters={"label": IMAGE, "dangling": False})
    return [name for image in found for name in image["RepoTags"] or []]


def untagged_images(client: DockerClient) -> list[str]:
    """Return the images that were built for runs and have lost their names to later builds."""
    return list(client.api.images(filters={"label": IMAGE, "dangling": True}, quiet=True))


def remove_image(client: DockerClient, image: str) -> bool:
    """Remove an image, unless a container uses it; return whether it was removed."""
    try:
        client.images.remove(image)
    except APIError:  # it is in use, or gone already
        return False
    return True


def _lives(process: str) -> bool:
    number, _, began = process.partition("@")
    try:
        return f"{psutil.Process(int(number)).create_time():.2f}" == began
    except (psutil.NoSuchProcess, ValueError):
        return False
