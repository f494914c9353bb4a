"""Looks at the brokers from inside the platform's network, where their advertised names resolve.

The same doctor runs there, in a container of the suite's image, and what it finds is told here.
"""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import requests
from docker.client import DockerClient
from docker.errors import DockerException
from docker.models.containers import Container
from docker.types import Mount

from bdd.commands.doctor.check import Check, Failed, State
from bdd.containers.cleanup import find
from bdd.containers.compose import ComposeFailed
from bdd.containers.discovery import Platform
from bdd.containers.engine import service_name
from bdd.containers.images import SUITE, Images
from bdd.containers.suite_container import run_in_network
from bdd.settings.settings import Settings

_LOOK_SECONDS = 60.0
_PASSED_ON = ("connections_max_idle_ms", "request_timeout_ms", "fetch_max_wait_ms")
_CONTRACT = "/contract.yaml"
# As in `KafkaChecks`, whose words these are.
_TOLD = {
    "bootstrap": "network",
    "listeners": "bootstrap",
    "topics": "listeners",
    "client time-outs": "listeners",
}
_TOOL = "kafka-topics.sh"


class InsideChecks:
    """The checks of the brokers, made in the network.

    Args:
        settings: those of the run.
        run_id: what the container carries, so that it is removed with the run.
        client: the engine's, asked for when it is needed.
        platform: the same.
    """

    def __init__(
        self, settings: Settings, run_id: str, client: Callable[[], DockerClient], platform: Callable[[], Platform]
    ) -> None:
        self._settings = settings
        self._run_id = run_id
        self._client = client
        self._platform = platform
        self._results: Mapping[str, Mapping[str, str]] = {}

    def checks(self, *depends_on: str) -> list[Check]:
        """Return them, in order."""
        told = [Check(name, partial(self._told, name), (after,)) for name, after in _TOLD.items()]
        return [
            Check("image", self._image, depends_on, timeout=None),
            Check("network", self._network, ("image",), timeout=None),
            *told,
        ]

    def _image(self) -> str:
        try:
            self._images = Images(self._client())
            self._images.prepare(["recorder"])
        except ComposeFailed as error:
            raise Failed(str(error), "docker compose -f docker-compose.bdd.yml build recorder") from error
        return f"{SUITE} is built"

    def _network(self) -> str:
        name = self._platform().network.name
        try:
            try:
                container = self._started()
                container.wait(timeout=_LOOK_SECONDS)
                said, complained = container.logs(stderr=False), container.logs(stdout=False)
            finally:
                for made in find(self._client(), self._run_id):
                    made.remove()
                self._images.remove_untagged()
        except (DockerException, requests.RequestException) as error:
            raise Failed(f"no container can look from there: {error}", f"docker network inspect {name}") from error
        try:
            self._results = {each["check"]: each for each in json.loads(said)["checks"]}
        except ValueError as error:
            last = complained[-300:].decode(errors="replace").strip()
            raise Failed(f"the doctor in the container failed: {last}", "docker info") from error
        return f"a container on {name} has looked; what follows is seen from there"

    def _told(self, name: str) -> str:
        result = self._results[name]
        if result["state"] == State.PASSED:
            return result["sentence"]
        raise Failed(result["sentence"], self._seen_from_here(result["next"] or ""))

    def _seen_from_here(self, command: str) -> str:
        """A tool of Kafka is in the broker's container."""
        if not command.startswith(_TOOL):
            return command
        return f"docker exec {self._platform().broker.name} /opt/kafka/bin/{command}"

    def _started(self) -> Container:
        platform = self._platform()
        given: dict[str, Any] = {name: getattr(self._settings, name) for name in _PASSED_ON}
        given |= {
            "stack": "remote",
            "api_url": f"http://{service_name(platform.service)}:8001",
            "bootstrap_servers": platform.bootstrap_servers,
        }
        mounts = []
        if self._settings.contract:
            given["contract"] = _CONTRACT
            source = str(self._settings.contract.absolute())
            mounts.append(Mount(_CONTRACT, source=source, type="bind", read_only=True))
        defined = [part for name, value in given.items() for part in ("-D", f"{name}={value}")]
        command = ["python", "-m", "bdd", "doctor", "--json", *defined]
        network = str(platform.network.name)
        return run_in_network(self._client(), network, self._run_id, "doctor", command, mounts=mounts)
