"""What runs have put into the engine, found and removed by its labels."""

import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

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
        run: the run's id.
        owner: the process that created it, see `owner_of_this_run`; empty if it is kept or was started by hand.
    """

    run: str
    owner: str = ""
    containers: list[Container] = field(default_factory=list)
    networks: list[Network] = field(default_factory=list)
    volumes: list[Volume] = field(default_factory=list)

    @property
    def is_abandoned(self) -> bool:
        """Whether its owner was a process of this machine and has ended."""
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
        """The names of the containers, networks and volumes."""
        everything: list[Container | Network | Volume] = [*self.containers, *self.networks, *self.volumes]
        return [str(each.name) for each in everything]

    def remove(self) -> None:
        """Remove everything; what is removed already is skipped.

        Raises:
            docker.errors.APIError: the engine refused; the rest is not removed.
        """
        removals: list[Callable[[], None]] = [
            *(partial(container.remove, force=True, v=True) for container in self.containers),
            *(network.remove for network in self.networks),
            *(volume.remove for volume in self.volumes),
        ]
        for remove in removals:
            with suppress(NotFound):
                remove()


def labels(run_id: str, *, keep: bool = False) -> dict[str, str]:
    """Return the labels of everything that a run creates; what is kept has no owner, so it is never abandoned."""
    return {RUN: run_id, OWNER: "" if keep else owner_of_this_run()}


def owner_of_this_run() -> str:
    """Return an identifier of this process that no later process has: machine/number@start."""
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


def untagged_images(client: DockerClient, name: str | None = None) -> list[str]:
    """Return the images that were built for runs, under one name or any, and have lost it to later builds."""
    label = f"{IMAGE}={name}" if name else IMAGE
    return list(client.api.images(filters={"label": label, "dangling": True}, quiet=True))


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
