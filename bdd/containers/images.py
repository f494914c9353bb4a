"""The images of runs: built under names of this checkout's own, removed when a later build takes their names."""

import hashlib
import os
import re
from collections.abc import Callable, Mapping, Sequence

import yaml
from docker.client import DockerClient
from docker.errors import ImageNotFound

from bdd.containers.cleanup import remove_image
from bdd.containers.compose import Compose, ComposeFailed
from bdd.system.paths import COMPOSE_FILE, ROOT
from bdd.system.processes import CommandFailed, run_command

GIVEN = "PATIENT_SERVICE_IMAGE"
# Compose writes the project's name into what it builds: with one name for all runs, an unchanged image stays.
_BASE = re.compile(r"^FROM (\S+)", re.MULTILINE)
_PROJECT = "psychotherapy-acceptance-images"
# Another checkout holds other code: it must not swap an image between a build and a start here.
_CHECKOUT = hashlib.sha256(str(ROOT).encode()).hexdigest()[:12]
SUITE = f"psychotherapy-acceptance/suite:{_CHECKOUT}"
NAMES = {"recorder": SUITE, "patient-service": f"psychotherapy-acceptance/patient-service:{_CHECKOUT}"}


class Images:
    """The images of one run.

    Attributes:
        variables: the variables by which the compose file uses these images.
    """

    def __init__(self, client: DockerClient) -> None:
        self._client = client
        self._given = given_service()
        self._seen: set[str] = set()
        self.variables: Mapping[str, str] = {
            "ACCEPTANCE_SUITE_IMAGE": SUITE,
            "ACCEPTANCE_SERVICE_IMAGE": self._given or NAMES["patient-service"],
        }

    def prepare(self, services: Sequence[str], progress: Callable[[str, str], None] = lambda *_: None) -> None:
        """Build the images of services, from the cache if nothing has changed; a given image is not built.

        Args:
            services: any of "recorder" and "patient-service".
            progress: called once for each service, with its name and "Built".

        Raises:
            ComposeFailed: an image could not be built, or the given one cannot be fetched.
        """
        if self._given and "patient-service" in services:
            services = [each for each in services if each != "patient-service"]
            self._fetch(self._given)
        self._remember(services)
        Compose(self._client, _PROJECT, self.variables).build(services, progress)
        self._remember(services)

    def remove_untagged(self) -> None:
        """Remove the images whose name a later build has taken, unless a container uses them."""
        for identity in self._seen:
            if has_image(self._client, identity) and not self._client.images.get(identity).tags:
                remove_image(self._client, identity)
        self._seen.clear()

    def _fetch(self, image: str) -> None:
        if has_image(self._client, image):
            return
        try:
            run_command(["docker", "pull", "--quiet", image])
        except CommandFailed as error:
            if error.exit_code is None:
                raise ComposeFailed(f"The command {error}. Install it.") from error
            reason = (error.output.strip().splitlines() or ["no reason was given"])[-1]
            raise ComposeFailed(
                f"The image {image} ({GIVEN}) is not here and cannot be fetched.\n"
                f"    next: docker pull {image}\n"
                f"    Docker reports: {reason}"
            ) from error

    def _remember(self, services: Sequence[str]) -> None:
        """Remember the present images; before the build too, because another run may take the name at any time."""
        for service in services:
            try:
                self._seen.add(str(self._client.images.get(NAMES[service]).id))
            except ImageNotFound:
                continue


def given_service() -> str | None:
    """Return the image that replaces the reference service, None if none is given."""
    return os.environ.get(GIVEN) or None


def needed_images() -> list[str]:
    """Return the images that must be there before a platform is built and started.

    They are the images of the compose file, those that others are built from, and the given one.
    """
    needed = [given] if (given := given_service()) else []
    for service in yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))["services"].values():
        if "build" in service:
            dockerfile = (ROOT / service["build"]["dockerfile"]).read_text(encoding="utf-8")
            needed += [base for base in _BASE.findall(dockerfile) if "$" not in base]
        elif service.get("pull_policy") != "never":  # otherwise it is the built image of another service
            needed.append(service["image"])
    return list(dict.fromkeys(needed))


def missing_images(client: DockerClient) -> list[str]:
    """Return the needed images that are not on this machine."""
    return [image for image in needed_images() if not has_image(client, image)]


def has_image(client: DockerClient, image: str) -> bool:
    """Return whether an image is on this machine."""
    try:
        client.images.get(image)
    except ImageNotFound:
        return False
    return True
