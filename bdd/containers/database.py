"""The database of a platform in containers of the run's own."""

from collections.abc import Callable

import requests
from docker.errors import DockerException
from docker.models.containers import Container

from bdd.containers.engine import service_name
from bdd.containers.inspection import ContainerWatch
from bdd.domain.outage import DatabaseSwitch
from bdd.system.exceptions import root_cause


class PausedDatabase(DatabaseSwitch):
    """A database whose container is paused: it takes connections and says nothing.

    Args:
        container: the container.
        watch: watches the platform's containers; this pause is not trouble to it.
    """

    def __init__(self, container: Container, watch: ContainerWatch) -> None:
        super().__init__()
        self._container = container
        self._watch = watch

    def _take_away(self) -> None:
        self._watch.may_be_paused.add(str(self._container.id))
        self._do(self._container.pause)

    def _bring_back(self) -> None:
        self._do(self._container.unpause)
        self._watch.may_be_paused.discard(str(self._container.id))

    def _do(self, action: Callable[[], object]) -> None:
        try:
            action()
        except (DockerException, requests.RequestException) as error:
            raise AssertionError(
                f"the container of {service_name(self._container)}: {root_cause(error)}"
            ) from error
