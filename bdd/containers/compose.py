"""Docker Compose as a run uses it: one project of `docker-compose.bdd.yml`, brought up with progress by service."""

import json
import os
import re
import subprocess
from collections.abc import Callable, Mapping, Sequence

from docker.client import DockerClient
from docker.models.containers import Container

from bdd.containers.engine import COMPOSE_PROJECT, COMPOSE_SERVICE, ContainersError
from bdd.containers.inspection import full_name, how_it_ended, last_check, with_log
from bdd.system.paths import COMPOSE_FILE, ROOT
from bdd.system.processes import CommandFailed, kill_group, run_command

_UP_SECONDS = 180
_SHOWN_LINES = 12
_VERSION_SECONDS = 10
_NEEDED = (2, 30)  # the first that runs a command after a start, which docker-compose.bdd.yml has

# The output of Compose and of the engine -> what it means, and the next step.
_KNOWN = (
    (
        r"(port is already allocated|address already in use)",
        "A port is taken: {output}. Free it, or let the run take a free one: -D external_port=0",
    ),
    (
        r"(pull access denied|manifest unknown|failed to resolve|no such host|lookup registry|not found: manifest"
        r"|failed to fetch|i/o timeout|connection refused.*registry|No such image)",
        "An image is not on this machine and cannot be fetched: {output}. Fetch it while there is a network "
        "(`python -m bdd doctor -D stack=compose` names those that are missing), or load it with `docker load`",
    ),
    (
        r"no space left on device",
        "The disk of the container engine is full: {output}. `docker system df` shows by what",
    ),
    (
        r"(unknown command: docker compose|is not a docker command|unknown shorthand flag: 'p')",
        "This `docker` has no Compose: {output}. Install the plugin docker-compose v2 (`docker compose version`)",
    ),
)


_VARIABLE = re.compile(r"\$\{([A-Z_]+)")


class ComposeFailed(ContainersError):
    """Docker Compose failed; the message has the reason and the next step."""


def compose_version() -> str:
    """Return the version of Docker Compose.

    Raises:
        ComposeFailed: there is none, or it is too old for the compose file.
    """
    try:
        command = ["docker", "compose", "version", "--short"]
        version = run_command(command, timeout=_VERSION_SECONDS, env=os.environ).strip()
    except CommandFailed as error:
        raise ComposeFailed(f"this `docker` has no Compose: {error}") from error
    if tuple(map(int, re.findall(r"\d+", version)[:2])) < _NEEDED:
        raise ComposeFailed(f"Compose {version} is too old: {'.'.join(map(str, _NEEDED))} is needed")
    return version


class Compose:
    """One project of Docker Compose.

    Args:
        client: the engine's client.
        project: the project's name, which no other project has.
        variables: the variables for the compose file.
    """

    def __init__(self, client: DockerClient, project: str, variables: Mapping[str, str]) -> None:
        self.project = project
        self.variables = dict(variables)
        self._client = client

    def build(self, services: Sequence[str], progress: Callable[[str, str], None]) -> None:
        """Build the images of services, from the cache where nothing has changed.

        Args:
            services: the services.
            progress: called once for each service, with its name and "Built".

        Raises:
            ComposeFailed: an image could not be built.
        """
        self._run(["build", *services], progress)

    def up(self, services: Sequence[str], progress: Callable[[str, str], None]) -> None:
        """Start services, whose images are there, and return when all are healthy.

        Args:
            services: those to start; what they depend on is started too.
            progress: called with a service and its status ("Created", "Started", "Healthy"), once each.

        Raises:
            ComposeFailed: one of them could not be started, ended, or was not healthy in time.
        """
        options = ["--detach", "--no-build", "--wait", "--wait-timeout", str(_UP_SECONDS)]
        self._run(["up", *options, *services], progress)

    def containers(self) -> list[Container]:
        """Return the project's containers, ended ones too."""
        label = f"{COMPOSE_PROJECT}={self.project}"
        return list(self._client.containers.list(all=True, filters={"label": label}, ignore_removed=True))

    def container(self, service: str) -> Container:
        """Return the container of a service."""
        return next(each for each in self.containers() if each.labels.get(COMPOSE_SERVICE) == service)

    def _run(self, arguments: Sequence[str], progress: Callable[[str, str], None]) -> None:
        options = f"--progress json -p {self.project} -f".split()
        command = ["docker", "compose", *options, str(COMPOSE_FILE), *arguments]
        output: list[str] = []
        reported: set[tuple[str, str]] = set()
        try:
            process = subprocess.Popen(  # noqa: S603 - the project's own command
                command,
                cwd=ROOT,
                env=_environment(self.variables),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # a build's protocol
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,  # Ctrl-C is for the run, which then removes what has been started
            )
        except OSError as error:
            raise ComposeFailed(
                f"Docker Compose cannot be started ({error}). Is the command `docker` installed?"
            ) from error
        with process:
            try:
                for line in process.stderr or ():
                    status, message = self._read(line)
                    if status and status not in reported:
                        reported.add(status)
                        progress(*status)
                    if message:
                        output.append(message)
            except BaseException:
                kill_group(process)  # `docker` leaves the work to another process
                raise
        if process.returncode:
            raise ComposeFailed(self._reason("\n".join(output)))

    def _read(self, line: str) -> tuple[tuple[str, str] | None, str]:
        """Return the service and its status, or else the message, of a line; a warning has neither."""
        try:
            fields = json.loads(line)  # an object for each change
        except ValueError:
            fields = None
        match fields:
            case {"text": "Error", "id": name, "status": reason}:
                return None, f"{name}: {reason}"
            case {"id": name, "status": status}:
                return (name.removeprefix(f"Container {self.project}-").removesuffix("-1"), status), ""
            case {"level": "warning"}:
                return None, ""
            case {"message": text} | {"msg": text} | {"text": text}:
                return None, str(text).strip()
        return None, line.strip()

    def _reason(self, output: str) -> str:
        for pattern, sentence in _KNOWN:
            if found := re.search(f".*{pattern}.*", output):
                return sentence.format(output=found[0].strip())
        for container in self.containers():
            state = container.attrs["State"]
            if state["Status"] == "exited":
                return with_log(container, how_it_ended(container))
            if state.get("Health", {}).get("Status") == "unhealthy":
                check = last_check(state)
                return with_log(
                    container, f"{full_name(container)} is unhealthy: the output of its check is {check}"
                )
        return "\n    ".join(["Docker Compose failed. Its last output:", *output.splitlines()[-_SHOWN_LINES:]])


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of Compose: the user's own, which configures `docker`, and only these variables.

    Neither Compose's own variables nor others of the compose file change the platform of a run, by whichever way
    they are given: the environment or a file `.env`.
    """
    read = set(_VARIABLE.findall(COMPOSE_FILE.read_text(encoding="utf-8")))
    users = {
        name: value for name, value in os.environ.items() if not name.startswith("COMPOSE_") and name not in read
    }
    return {**users, "COMPOSE_DISABLE_ENV_FILE": "1", **variables}
