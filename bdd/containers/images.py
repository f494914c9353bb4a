"""The images of runs: built under names of this checkout's own, removed when a later build takes their names."""

import hashlib
import os
import re
from collections.abc import Callable, Sequence

import yaml
from docker.client import DockerClient
from docker.errors import ImageNotFound

from bdd.containers.cleanup import remove_image, untagged_images
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


def image_variables() -> dict[str, str]:
    """Return the variables by which the compose file uses the images of runs."""
    return {
        "ACCEPTANCE_SUITE_IMAGE": SUITE,
        "ACCEPTANCE_SERVICE_IMAGE": given_service() or NAMES["patient-service"],
    }


def prepare_images(
    client: DockerClient, services: Sequence[str], progress: Callable[[str, str], None] = lambda *_: None
) -> None:
    """Build the images of services, from the cache if nothing has changed; a given image is not built.

    Args:
        client: the engine's client.
        services: any of "recorder" and "patient-service".
        progress: called once for each service, with its name and "Built".

    Raises:
        ComposeFailed: an image could not be built, or the given one cannot be fetched.
    """
    given = given_service()
    if given and "patient-service" in services:
        services = [each for each in services if each != "patient-service"]
        if not has_image(client, given):
            _fetch(given)
    Compose(client, _PROJECT, image_variables()).build(services, progress)


def remove_replaced_images(client: DockerClient) -> None:
    """Remove this checkout's images whose name a later build has taken, unless a container uses them."""
    for name in NAMES.values():
        for image in untagged_images(client, name):
            remove_image(client, image)


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


def _fetch(image: str) -> None:
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
