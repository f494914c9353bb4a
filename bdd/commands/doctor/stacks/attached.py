"""What can be seen of a platform that runs in Docker: its containers from here, its brokers from their network."""

from docker.errors import DockerException
from docker.models.containers import Container

from bdd.commands.doctor.check import Check, Failed
from bdd.commands.doctor.engine_checks import EngineChecks, check_containers
from bdd.commands.doctor.in_network import InsideChecks
from bdd.commands.doctor.round_trip import event_check, start_check
from bdd.commands.doctor.service_checks import ServiceChecks
from bdd.containers.discovery import Platform, PlatformNotFound, find_platform
from bdd.containers.engine import COMPOSE_PROJECT
from bdd.settings.settings import Settings
from bdd.stacks.attached import AttachedStack
from bdd.stacks.base import Stack


def make_checks(settings: Settings, stack: Stack, *, try_it: bool) -> list[Check]:
    """Return the checks in their order."""
    assert isinstance(stack, AttachedStack), "it belongs to the settings"
    engine = EngineChecks()
    place = _Place(settings, engine)
    inside = InsideChecks(settings, stack.run_id, lambda: engine.client, lambda: place.platform)
    checks = [
        *engine.checks(),
        Check("containers", place.containers, ("engine",)),
        Check("platform", place.found, ("engine",)),
        *ServiceChecks(lambda: place.platform.api_url, settings.clock_tolerance).checks("platform"),
        *inside.checks("compose", "platform"),
    ]
    if try_it:
        ps, log = place.command("ps --all"), place.command("logs --tail 50 patient-service")
        checks += [
            start_check("recorder", stack, ("API", "topics"), next_command=ps),
            event_check(stack, settings, ("recorder",), next_command=log),
        ]
    return checks


class _Place:
    """Where the platform is."""

    platform: Platform

    def __init__(self, settings: Settings, engine: EngineChecks) -> None:
        self._settings = settings
        self._engine = engine

    def command(self, rest: str) -> str:
        """Return a command of Docker Compose for the platform's project."""
        return f"docker compose -p {self._settings.project or 'PROJECT'} {rest}"

    def containers(self) -> str:
        if not (found := self._all()):
            where = self._settings.project or self._settings.network
            raise Failed(f"{where} has no container: is its name right, is it up?", "docker compose ls --all")
        return check_containers(found)

    def found(self) -> str:
        settings = self._settings
        try:
            self.platform = find_platform(self._engine.client, project=settings.project, network=settings.network)
        except PlatformNotFound as error:
            raise Failed(str(error), error.next_command or self.command("ps --all")) from error
        except DockerException as error:
            raise Failed(str(error), self.command("ps --all")) from error
        found = self.platform
        return (
            f"the service {found.service.name} at {found.api_url}, the broker {found.broker.name} as "
            f"{found.bootstrap_servers} on the network {found.network.name}"
        )

    def _all(self) -> list[Container]:
        """Ended ones too."""
        by: dict[str, str | list[str] | bool] = {"network": self._settings.network or ""}
        if self._settings.project:
            by = {"label": f"{COMPOSE_PROJECT}={self._settings.project}"}
        found: list[Container] = self._engine.client.containers.list(all=True, filters=by, ignore_removed=True)
        return sorted(found, key=lambda each: str(each.name))
