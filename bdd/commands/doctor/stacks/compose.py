"""What the compose stack needs of this machine; what is up already is looked at by `-D stack=attached`."""

import re
import socket
from collections.abc import Iterator

import yaml
from docker.client import DockerClient
from docker.errors import ImageNotFound

from bdd.commands.doctor.check import Check, Failed
from bdd.commands.doctor.engine_checks import EngineChecks
from bdd.commands.doctor.round_trip import event_check, start_check
from bdd.commands.doctor.service_checks import ServiceChecks
from bdd.containers.images import given_service
from bdd.output.folders import CannotWrite, check_writable
from bdd.settings.settings import Settings
from bdd.stacks.base import Stack
from bdd.stacks.compose import ComposeStack
from bdd.system.paths import COMPOSE_FILE, ROOT

_BASE = re.compile(r"^FROM (\S+)", re.MULTILINE)


def make_checks(settings: Settings, stack: Stack, *, try_it: bool) -> list[Check]:
    """Return the checks in their order."""
    assert isinstance(stack, ComposeStack), "it belongs to the settings"
    engine = EngineChecks()
    checks = [
        *engine.checks(),
        Check("images", lambda: _images(engine.client), ("engine",)),
        Check("folder", lambda: _folder(settings)),
    ]
    if port := settings.external_port:
        checks.append(Check("port", lambda: _port(port)))
    if try_it:
        needed = tuple(check.name for check in checks)
        again = "behave features/patient_created.feature -D stack=compose"
        checks += [
            start_check("start", stack, needed, next_command=again),
            *ServiceChecks(lambda: stack.api_url, settings.clock_tolerance).checks("start"),
            event_check(stack, settings, ("API",), next_command=f"{again} -D keep=yes"),
        ]
    return checks


def _images(client: DockerClient) -> str:
    needed = list(dict.fromkeys(_needed_images()))
    missing = [image for image in needed if not _is_there(client, image)]
    if missing:
        raise Failed(f"not on this machine: {', '.join(missing)}", f"docker pull {missing[0]}")
    return f"all there, those that others are built from too: {', '.join(needed)}"


def _needed_images() -> Iterator[str]:
    """Those of the compose file; of one that is built, what it is built from; and one that was given."""
    if given := given_service():
        yield given
    for service in yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))["services"].values():
        if "build" in service:
            dockerfile = ROOT / service["build"]["dockerfile"]
            yield from (base for base in _BASE.findall(dockerfile.read_text(encoding="utf-8")) if "$" not in base)
        elif service.get("pull_policy") != "never":  # that is another service's, which is built
            yield service["image"]


def _is_there(client: DockerClient, image: str) -> bool:
    try:
        client.images.get(image)
    except ImageNotFound:
        return False
    return True


def _folder(settings: Settings) -> str:
    try:
        check_writable(settings.evidence_dir, "-D evidence_dir=…")
    except CannotWrite as error:
        raise Failed(str(error), f"ls -ld {settings.evidence_dir.absolute().parent}") from error
    return f"evidence can be written into {settings.evidence_dir}"


def _port(port: int) -> str:
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
    except OSError as error:
        raise Failed(f"port {port} is taken: {error.strerror}", f"ss -ltnp 'sport = :{port}'") from error
    return f"port {port} of 127.0.0.1 is free"
