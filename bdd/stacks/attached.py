"""The attached stack: a platform that runs in Docker already; only a recorder's container joins it."""

import secrets
from pathlib import Path

from bdd.containers.cleanup import remove_run
from bdd.containers.discovery import Platform, containers_of, find_platform
from bdd.containers.engine import RUN_WITHOUT_IT, ContainersError, connect, translated_errors
from bdd.containers.images import prepare_images, remove_replaced_images
from bdd.containers.inspection import ContainerWatch, components_of, condition, sources_of
from bdd.containers.services import PlatformNotFound
from bdd.containers.suite_container import SuiteContainer
from bdd.contracts import asyncapi as contract
from bdd.domain.resource import Resource
from bdd.kafka.client_settings import client_settings
from bdd.output.console import say
from bdd.recorder.client import RecorderClient
from bdd.recorder.settings import RecorderSettings
from bdd.results.model import Component
from bdd.stacks.base import Stack, TryEvent
from bdd.stacks.checks.check import Check, Failed
from bdd.stacks.checks.engine import EngineChecks, check_conditions
from bdd.stacks.checks.in_network import InNetworkChecks
from bdd.stacks.checks.service import ServiceChecks

_RECORDER_SECONDS = 30.0
_RECORDER_PORT = 8080
_FOLDER = "/journal"


class AttachedStack(Stack):
    """A platform in containers that are not this run's; see `Stack`."""

    errors = {  # noqa: RUF012 - a ClassVar, as `Stack` says
        ContainersError: "The platform in Docker cannot be used",
        AssertionError: "The recorder did not come up",
    }
    _engine: EngineChecks
    _checked: Platform

    def components(self) -> list[Component]:
        """See `Stack.components`: the containers' images."""
        return components_of(self._containers)

    @translated_errors()
    def _start(self) -> None:
        client = connect(RUN_WITHOUT_IT)
        platform = find_platform(client, self._settings)
        self._note_services(platform)
        found = ", ".join(str(each.container.name) for each in platform.services.values())
        say(
            f"Found the services {found} and the broker {platform.broker.name} "
            f"({platform.bootstrap_servers}) on the network {platform.network.name}"
        )
        self._cleanups.append(lambda: remove_replaced_images(client))
        prepare_images(client, ["recorder"])
        self._cleanups.append(lambda: remove_run(client, self._run_id))
        token = secrets.token_urlsafe(24)
        recorder = SuiteContainer.start(
            client,
            platform.network,
            self._run_id,
            "recorder",
            ["python", "-m", "bdd.recorder"],
            environment=self._recorder_settings(platform, token).to_environment(),
            port=_RECORDER_PORT,
            folder=_FOLDER,
        )
        needed = [platform.broker, *(each.container for each in platform.services.values()), recorder.container]
        others = [each for each in platform.containers if each not in needed]
        self._containers = [*needed, *others]
        watch = ContainerWatch(client, needed, others)
        self._troubles.append(watch.trouble)
        self._sources |= sources_of(self._containers)
        follower = RecorderClient(recorder.url(_RECORDER_PORT), token)
        follower.start(_RECORDER_SECONDS, recorder.trouble)
        self.use_recorder(follower)
        self._ready("recorder")

    def _note_services(self, platform: Platform) -> None:
        self.api_urls.update({name: each.url for name, each in platform.services.items()})
        self.absent.update(platform.absent)

    def _recorder_settings(self, platform: Platform, token: str) -> RecorderSettings:
        return RecorderSettings(
            client=client_settings(platform.bootstrap_servers, self._settings),
            topics=contract.current().partitions,
            folder=Path(_FOLDER),
            token=token,
            host="0.0.0.0",  # noqa: S104 - of the container; it is published on loopback only
            port=_RECORDER_PORT,
        )

    def checks(self, try_event: TryEvent | None) -> list[Check]:
        """See `Stack.checks`: the containers are looked at from here, the brokers from inside their network."""
        engine = self._engine = EngineChecks()
        inside = InNetworkChecks(self._settings, self._run_id, engine, lambda: self._checked)
        of_services = ServiceChecks(self._settings, self.api_urls, self.absent)
        checks = [
            *engine.checks(),
            Check("containers", self._check_containers, ("engine",)),
            Check("platform", self._check_platform, ("engine",)),
            *of_services.checks("platform"),
            *inside.checks("compose", "platform"),
        ]
        if try_event:
            checks += [
                self._start_check("recorder", (*of_services.listening, "listeners"), self._command("ps --all")),
                Check("event", lambda: try_event(self._log), ("recorder",), timeout=None),
            ]
        return checks

    def _command(self, rest: str) -> str:
        """Return a command of Docker Compose for the platform's project."""
        return f"docker compose -p {self._settings.project or 'PROJECT'} {rest}"

    def _log(self, resource: Resource) -> str:
        return self._command(f"logs --tail 50 {resource.service.name}")

    def _check_containers(self) -> str:
        project, network = self._settings.project, self._settings.network
        with translated_errors():
            if found := containers_of(self._engine.client, project=project, network=network):
                return check_conditions(map(condition, found))
        raise Failed(
            f"{project or network} has no container: is its name right, is it up?", "docker compose ls --all"
        )

    def _check_platform(self) -> str:
        try:
            with translated_errors():
                found = find_platform(self._engine.client, self._settings)
        except ContainersError as error:
            command = error.next_command if isinstance(error, PlatformNotFound) else ""
            raise Failed(str(error), command or self._command("ps --all")) from error
        self._checked = found
        self._note_services(found)
        of_services = (f"the service {each.container.name} at {each.url}" for each in found.services.values())
        return (
            f"{', '.join(of_services)}, the broker {found.broker.name} as "
            f"{found.bootstrap_servers} on the network {found.network.name}"
        )
