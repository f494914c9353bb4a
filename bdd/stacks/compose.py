"""The compose stack: the platform of `docker-compose.bdd.yml`, brought up for one run and removed with it."""

import json
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress

from docker.errors import DockerException

from bdd.containers.cleanup import OWNER, RUN, find, labels
from bdd.containers.compose import Compose, ComposeFailed, PortTaken
from bdd.containers.engine import RUN_WITHOUT_IT, EngineUnavailable, connect, published_address
from bdd.containers.images import Images
from bdd.containers.inspection import ContainerWatch, sources_of
from bdd.contracts import asyncapi as contract
from bdd.evidence.sources import Source
from bdd.kafka.client_settings import client_settings
from bdd.output.console import say
from bdd.recorder.client import RecorderClient
from bdd.settings.settings import Settings
from bdd.stacks.base import CannotStart
from bdd.system.paths import COMPOSE_FILE
from bdd.system.processes import free_port

_BUILT = ("patient-service", "recorder")
_SERVICES = ("postgres", "kafka", *_BUILT)
_SHOWN = {"Built", "Healthy"}
_SERVICE_PORT = 8001
_RECORDER_PORT = 8080
_RECORDER_SECONDS = 30.0
_TRIES = 3


class ComposeStack:
    """A platform in containers, under a project name of its own; see `Stack`."""

    recorder: RecorderClient
    api_url: str

    def __init__(self, settings: Settings, run_id: str) -> None:
        self._settings = settings
        self._run_id = run_id
        self.project = f"acceptance-{run_id}"
        self.startup: dict[str, float] = {}
        self._token = secrets.token_urlsafe(24)
        self._compose: Compose | None = None
        self._watch: ContainerWatch | None = None
        self._sources: dict[str, Source] = {}

    def start(self) -> None:
        """Bring the containers up, then follow the recorder; see `Stack.start`."""
        try:
            self._client = connect(RUN_WITHOUT_IT)
            self._images = Images(self._client)
            self._compose = Compose(self._client, self.project, {**self._variables(), **self._images.variables})
            say(f"Docker Compose brings up the project {self.project}")
            began = time.monotonic()
            self._images.prepare(_BUILT, lambda service, status: self._tell(service, status, began))
            self._bring_up(self._compose, began)
            self._watch = ContainerWatch(self._client, self._compose.containers())
            self.api_url = self._address("patient-service", _SERVICE_PORT)
            self.recorder = RecorderClient(self._address("recorder", _RECORDER_PORT), self._token)
            self.recorder.start(_RECORDER_SECONDS, self._watch.trouble)
            self._sources = sources_of(self._compose.containers())
        except (EngineUnavailable, ComposeFailed, DockerException, AssertionError) as error:
            with suppress(DockerException):
                self._sources = sources_of(self._compose.containers() if self._compose else [])
            raise CannotStart(f"The platform in Docker did not start: {error}") from error

    def trouble(self) -> str | None:
        """See `Stack.trouble`."""
        if self._watch and (ended := self._watch.trouble()):
            return ended
        return self.recorder.trouble() if hasattr(self, "recorder") else None

    def evidence(self) -> Mapping[str, Source]:
        """See `Stack.evidence`."""
        return self._sources

    def stop(self) -> None:
        """Remove the project, or say how to, where it is to be kept."""
        if self._watch:
            self._watch.close()
        if hasattr(self, "recorder"):
            self.recorder.close()
        if self._compose is None:
            return
        if self._settings.keep and hasattr(self, "recorder"):
            say(_kept(self.project, self.api_url))
        else:
            for made in find(self._client, self._run_id):
                made.remove()
        self._images.remove_untagged()
        self._compose = None

    def _variables(self) -> dict[str, str]:
        marks = labels(self._run_id, keep=self._settings.keep)
        return {
            "ACCEPTANCE_RUN": marks[RUN],
            "ACCEPTANCE_OWNER": marks[OWNER],
            "RECORDER_TOKEN": self._token,
            "RECORDER_CLIENT": json.dumps(client_settings("kafka:9092", self._settings)),
            "RECORDER_TOPICS": json.dumps(dict(contract.current().partitions)),
        }

    def _bring_up(self, compose: Compose, began: float) -> None:
        """Where any port will do, one that somebody else was quicker to take is replaced by another."""
        port = self._settings.external_port
        for tries_left in reversed(range(_TRIES if port == 0 else 1)):
            if port is not None:
                compose.variables["KAFKA_EXTERNAL_PORT"] = str(port or free_port())
            try:
                compose.up(_SERVICES, lambda service, status: self._tell(service, status, began))
            except PortTaken:
                if not tries_left:
                    raise
            else:
                return

    def _tell(self, service: str, status: str, began: float) -> None:
        seconds = time.monotonic() - began
        if status in _SHOWN:
            say(f"  {service:16}{status.lower():10}{seconds:5.1f} s")
        if status == "Healthy":
            self.startup[service] = seconds

    def _address(self, service: str, port: int) -> str:
        assert self._compose, "it is made first"
        place = published_address(self._compose.container(service), port)
        assert place, f"{COMPOSE_FILE.name} publishes port {port} of {service}"
        return f"http://{place[0]}:{place[1]}"


def _kept(project: str, api_url: str) -> str:
    return "\n".join(
        [
            f"\nThe platform stays up: {api_url}, project {project}.",
            f"  look:   docker compose -p {project} ps",
            f"  watch:  python -m bdd watch -D stack=attached -D project={project}",
            f"  remove: docker compose -p {project} down --volumes",
        ]
    )
