"""Checks of the brokers from inside the platform's network, where their advertised names resolve.

The same doctor runs there, in a container of the suite's image; its results are reported here.
"""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from bdd.containers.cleanup import remove_run
from bdd.containers.compose import ComposeFailed
from bdd.containers.discovery import Platform
from bdd.containers.engine import ContainersError, service_name, translated_errors
from bdd.containers.images import SUITE, prepare_images, remove_replaced_images
from bdd.containers.suite_container import SuiteContainer
from bdd.domain.resources import services
from bdd.settings.settings import Settings
from bdd.stacks.checks.check import Check, Failed
from bdd.stacks.checks.engine import EngineChecks

_LOOK_SECONDS = 60.0
_PASSED_ON = ("connections_max_idle_ms", "request_timeout_ms", "fetch_max_wait_ms")
_CONTRACT = "/contract.yaml"
# The names of `KafkaChecks`, and what each depends on here.
_DEPENDS_ON = {
    "bootstrap": "network",
    "listeners": "bootstrap",
    "topics": "listeners",
    "client time-outs": "listeners",
}
_TOOL = "kafka-topics.sh"


class InNetworkChecks:
    """The checks of the brokers, made in the network.

    Args:
        settings: those of the run.
        run_id: what the container carries, so that it is removed with the run.
        engine: the checks of the engine, on which these depend.
        platform: called when the platform is needed.
    """

    def __init__(
        self, settings: Settings, run_id: str, engine: EngineChecks, platform: Callable[[], Platform]
    ) -> None:
        self._settings = settings
        self._run_id = run_id
        self._engine = engine
        self._platform = platform
        self._results: Mapping[str, Mapping[str, str]] = {}

    def checks(self, *depends_on: str) -> list[Check]:
        """Return them, in order."""
        return [
            Check("image", self._image, depends_on, timeout=None),
            Check("network", self._network, ("image",), timeout=None),
            *(Check(name, partial(self._result, name), (after,)) for name, after in _DEPENDS_ON.items()),
        ]

    def _image(self) -> str:
        try:
            prepare_images(self._engine.client, ["recorder"])
        except ComposeFailed as error:
            raise Failed(str(error), "docker compose -f docker-compose.bdd.yml build recorder") from error
        return f"{SUITE} is built"

    def _network(self) -> str:
        name = self._platform().network.name
        try:
            with translated_errors():
                output, errors = self._output_of_doctor()
        except ContainersError as error:
            raise Failed(f"no container can look from there: {error}", f"docker network inspect {name}") from error
        try:
            self._results = {each["check"]: each for each in json.loads(output)["checks"]}
        except ValueError as error:
            raise Failed(f"the doctor in the container failed: {errors[-300:].strip()}", "docker info") from error
        return f"a container on {name} has looked; what follows is seen from there"

    def _output_of_doctor(self) -> tuple[str, str]:
        """Run the doctor and remove its container; return its stdout and stderr."""
        platform = self._platform()
        given: dict[str, Any] = {name: getattr(self._settings, name) for name in _PASSED_ON}
        given |= {
            "stack": "remote",
            **self._addresses(),
            "bootstrap_servers": platform.bootstrap_servers,
        }
        files = {}
        if self._settings.contract:
            given["contract"] = _CONTRACT
            files[_CONTRACT] = self._settings.contract
        defined = [part for name, value in given.items() for part in ("-D", f"{name}={value}")]
        command = ["python", "-m", "bdd", "doctor", "--json", *defined]
        client = self._engine.client
        try:
            doctor = SuiteContainer.start(client, platform.network, self._run_id, "doctor", command, files=files)
            return doctor.output(_LOOK_SECONDS)
        finally:
            remove_run(client, self._run_id)
            remove_replaced_images(client)

    def _addresses(self) -> dict[str, str]:
        """Where the services answer inside the network, as settings."""
        found, known = self._platform().services, services()
        return {
            f"{self._settings.of_service(known[name].short).prefix}api_url": (
                f"http://{service_name(each.container)}:{each.port}"
            )
            for name, each in found.items()
        }

    def _result(self, name: str) -> str:
        result = self._results[name]
        if result["state"] == "passed":
            return result["sentence"]
        command = result["next"] or ""
        if command.startswith(_TOOL):  # it is in the broker's container
            command = f"docker exec {self._platform().broker.name} /opt/kafka/bin/{command}"
        raise Failed(result["sentence"], command)
