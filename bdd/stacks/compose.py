"""The compose stack: the platform of `docker-compose.bdd.yml`, brought up for one run and removed with it."""

import json
import secrets
import socket
import time
from contextlib import suppress

from bdd.containers.cleanup import OWNER, RUN, labels, remove_run
from bdd.containers.compose import Compose
from bdd.containers.database import PausedDatabase
from bdd.containers.engine import RUN_WITHOUT_IT, ContainersError, connect, published_address, translated_errors
from bdd.containers.images import (
    composed_services,
    image_names,
    image_variables,
    missing_images,
    needed_images,
    prepare_images,
    remove_replaced_images,
)
from bdd.containers.inspection import ContainerWatch, components_of, sources_of
from bdd.contracts import asyncapi as contract
from bdd.domain.resource import Resource
from bdd.domain.resources import resources, services
from bdd.kafka.client_settings import client_settings
from bdd.output.console import say
from bdd.output.folders import CannotWrite, check_writable
from bdd.recorder.client import RecorderClient
from bdd.results.model import Component
from bdd.stacks.base import Stack, TryEvent
from bdd.stacks.checks.check import Check, Failed
from bdd.stacks.checks.engine import EngineChecks
from bdd.stacks.checks.service import ServiceChecks
from bdd.system.paths import COMPOSE_FILE
from bdd.system.processes import free_port

_SHOWN = {"Built", "Healthy"}
_RECORDER_PORT = 8080
_RECORDER_SECONDS = 30.0
_AGAIN = "behave features/{}_created.feature -D stack=compose"


class ComposeStack(Stack):
    """A platform in containers, under a project name of its own; see `Stack`."""

    errors = dict.fromkeys((ContainersError, AssertionError), "The platform in Docker did not start")

    @property
    def project(self) -> str:
        """The name of the run's project in Docker Compose."""
        return f"acceptance-{self._run_id}"

    def components(self) -> list[Component]:
        """See `Stack.components`: the containers' images."""
        return components_of(self._containers)

    @translated_errors()
    def _start(self) -> None:
        client = connect(RUN_WITHOUT_IT)
        self._cleanups.append(lambda: remove_replaced_images(client))
        token = secrets.token_urlsafe(24)
        compose = Compose(client, self.project, {**self._variables(token), **image_variables()})
        say(f"Docker Compose brings up the project {self.project}")
        self._began = time.monotonic()
        prepare_images(client, list(image_names()), self._report)

        def remove_or_keep() -> None:
            if self._settings.keep and self._recorder:
                say(self._how_to_use())
            else:
                remove_run(client, self._run_id)

        self._cleanups.append(remove_or_keep)
        if (port := self._settings.external_port) is not None:
            compose.variables["KAFKA_EXTERNAL_PORT"] = str(port or free_port())
        try:
            compose.up(["postgres", "kafka", *image_names()], self._report)
        finally:
            with suppress(ContainersError), translated_errors():
                self._sources |= sources_of(compose.containers())
        self._containers = compose.containers()
        watch = ContainerWatch(client, self._containers)
        self._troubles.append(watch.trouble)
        self.database = self.database or PausedDatabase(compose.container("postgres"), watch)
        for name, service in services().items():
            if name in composed_services():
                self.api_urls[name] = _address(compose, name, service.port)
            else:
                self.absent[name] = f"{COMPOSE_FILE.name} has none"
        self.use_recorder(RecorderClient(_address(compose, "recorder", _RECORDER_PORT), token))
        self.recorder.start(_RECORDER_SECONDS, watch.trouble)

    def _variables(self, token: str) -> dict[str, str]:
        marks = labels(self._run_id, keep=self._settings.keep)
        return {
            "ACCEPTANCE_RUN": marks[RUN],
            "ACCEPTANCE_OWNER": marks[OWNER],
            "RECORDER_TOKEN": token,
            "RECORDER_CLIENT": json.dumps(client_settings("kafka:9092", self._settings)),
            "RECORDER_TOPICS": json.dumps(dict(contract.current().partitions)),
        }

    def _report(self, service: str, status: str) -> None:
        seconds = time.monotonic() - self._began
        if status in _SHOWN:
            say(f"  {service:18}{status.lower():10}{seconds:5.1f} s")
        if status == "Healthy":
            self.startup[service] = seconds

    def _how_to_use(self) -> str:
        return (
            f"\nThe platform stays up: {', '.join(self.api_urls.values())}, project {self.project}.\n"
            f"  look:   docker compose -p {self.project} ps\n"
            f"  watch:  python -m bdd watch -D stack=attached -D project={self.project}\n"
            f"  remove: docker compose -p {self.project} down --volumes"
        )

    def checks(self, try_event: TryEvent | None) -> list[Check]:
        """See `Stack.checks`: what it needs of this machine; what is up already belongs to the attached stack."""
        engine = EngineChecks()
        checks = [
            *engine.checks(),
            Check("images", lambda: _check_images(engine), ("engine",)),
            Check("folder", self._check_folder),
        ]
        if port := self._settings.external_port:
            checks.append(Check("port", lambda: _check_port(port)))
        if try_event:
            needed = tuple(check.name for check in checks)
            of_services = ServiceChecks(self._settings, self.api_urls, self.absent)
            checks += [
                self._start_check("start", needed, _AGAIN.format(next(iter(resources())))),
                *of_services.checks("start"),
                Check("event", lambda: try_event(_again), of_services.listening, timeout=None),
            ]
        return checks

    def _check_folder(self) -> str:
        folder = self._settings.evidence_dir
        try:
            check_writable(folder, "-D evidence_dir=…")
        except CannotWrite as error:
            raise Failed(str(error), f"ls -ld {folder.absolute().parent}") from error
        return f"evidence can be written into {folder}"


def _again(resource: Resource) -> str:
    return f"{_AGAIN.format(resource.noun)} -D keep=yes"


def _check_images(engine: EngineChecks) -> str:
    with translated_errors():
        missing = missing_images(engine.client)
    if missing:
        raise Failed(f"not on this machine: {', '.join(missing)}", f"docker pull {missing[0]}")
    return f"all there, those that others are built from too: {', '.join(needed_images())}"


def _check_port(port: int) -> str:
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
    except OSError as error:
        raise Failed(f"port {port} is taken: {error.strerror}", f"ss -ltnp 'sport = :{port}'") from error
    return f"port {port} of 127.0.0.1 is free"


def _address(compose: Compose, service: str, port: int) -> str:
    place = published_address(compose.container(service), port)
    assert place, f"{COMPOSE_FILE.name} publishes port {port} of {service}"
    return f"http://{place[0]}:{place[1]}"
