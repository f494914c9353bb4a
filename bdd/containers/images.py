"""The images of runs: built under names of this checkout's own, removed when a later build takes their names."""

import hashlib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import yaml
from docker.client import DockerClient
from docker.errors import ImageNotFound

from bdd.containers.cleanup import remove_image, untagged_images
from bdd.containers.compose import Compose, ComposeFailed
from bdd.domain.resources import services
from bdd.system.paths import COMPOSE_FILE, ROOT
from bdd.system.processes import CommandFailed, run_command

# Compose writes the project's name into what it builds: with one name for all runs, an unchanged image stays.
_BASE = re.compile(r"^FROM (\S+)", re.MULTILINE)
_PROJECT = "psychotherapy-acceptance-images"
# Another checkout holds other code: it must not swap an image between a build and a start here.
_CHECKOUT = hashlib.sha256(str(ROOT).encode()).hexdigest()[:12]
SUITE = f"psychotherapy-acceptance/suite:{_CHECKOUT}"


@cache
def composed() -> Mapping[str, Any]:
    """Return the services of the compose file: name -> definition."""
    found: dict[str, Any] = yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))["services"]
    return found


def composed_services() -> list[str]:
    """Return the names of the platform's services that the compose file has."""
    return [name for name in services() if name in composed()]


def image_names() -> dict[str, str]:
    """Return the images that are built for runs: service in the compose file -> name."""
    own = {name: f"psychotherapy-acceptance/{name}:{_CHECKOUT}" for name in composed_services()}
    return {"recorder": SUITE, **own}


def image_variables() -> dict[str, str]:
    """Return the variables by which the compose file uses the images of runs."""
    names = image_names()
    own = {f"ACCEPTANCE_{given_variable(name)}": given_image(name) or names[name] for name in composed_services()}
    return {"ACCEPTANCE_SUITE_IMAGE": SUITE, **own}


def prepare_images(
    client: DockerClient, names: Sequence[str], progress: Callable[[str, str], None] = lambda *_: None
) -> None:
    """Build the images of services, from the cache if nothing has changed; a given image is not built.

    Args:
        client: the engine's client.
        names: any of those in `image_names`.
        progress: called once for each service, with its name and "Built".

    Raises:
        ComposeFailed: an image could not be built, or the given one cannot be fetched.
    """
    given = {name: image for name in names if (image := given_image(name))}
    for name, image in given.items():
        if not has_image(client, image):
            _fetch(given_variable(name), image)
    Compose(client, _PROJECT, image_variables()).build([each for each in names if each not in given], progress)


def remove_replaced_images(client: DockerClient) -> None:
    """Remove this checkout's images whose name a later build has taken, unless a container uses them."""
    for name in image_names().values():
        for image in untagged_images(client, name):
            remove_image(client, image)


def given_variable(service: str) -> str:
    """Return the variable that gives an image in place of a reference service: `PATIENT_SERVICE_IMAGE`."""
    return f"{service.upper().replace('-', '_')}_IMAGE"


def given_image(service: str) -> str | None:
    """Return the image that replaces a reference service, None if none is given."""
    return os.environ.get(given_variable(service)) or None


def needed_images() -> list[str]:
    """Return the images that must be there before a platform is built and started.

    They are the images of the compose file, those that others are built from, and the given ones.
    """
    needed = [image for name in composed_services() if (image := given_image(name))]
    for service in composed().values():
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


def _fetch(variable: str, image: str) -> None:
    try:
        run_command(["docker", "pull", "--quiet", image], env=os.environ)
    except CommandFailed as error:
        if error.exit_code is None:
            raise ComposeFailed(f"The command {error}. Install it.") from error
        reason = (error.output.strip().splitlines() or ["no reason was given"])[-1]
        raise ComposeFailed(
            f"The image {image} ({variable}) is not here and cannot be fetched.\n"
            f"    next: docker pull {image}\n"
            f"    Docker reports: {reason}"
        ) from error
