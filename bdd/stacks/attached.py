"""The attached stack: a platform that somebody has started with Docker; only a recorder's container joins it."""

import time
from collections.abc import Mapping

from docker.errors import DockerException

from bdd.containers.cleanup import find
from bdd.containers.compose import ComposeFailed
from bdd.containers.discovery import PlatformNotFound, find_platform
from bdd.containers.engine import RUN_WITHOUT_IT, EngineUnavailable, connect
from bdd.containers.images import Images
from bdd.containers.inspection import ContainerWatch, sources_of
from bdd.evidence.sources import Source
from bdd.output.console import say
from bdd.recorder.client import RecorderClient
from bdd.settings.settings import Settings
from bdd.stacks.base import CannotStart
from bdd.stacks.container_recorder import ContainerRecorder

_RECORDER_SECONDS = 30.0


class AttachedStack:
    """A platform in containers that are not this run's; see `Stack`."""

    recorder: RecorderClient
    api_url: str

    def __init__(self, settings: Settings, run_id: str) -> None:
        self._settings = settings
        self.run_id = run_id
        self.startup: dict[str, float] = {}
        self._images: Images | None = None
        self._watch: ContainerWatch | None = None
        self._sources: dict[str, Source] = {}

    def start(self) -> None:
        """Find the platform, then start the recorder beside it; see `Stack.start`."""
        began = time.monotonic()
        try:
            self._client = connect(RUN_WITHOUT_IT)
            settings = self._settings
            platform = find_platform(self._client, project=settings.project, network=settings.network)
            self.api_url = platform.api_url
            say(
                f"Found the service {platform.service.name} and the broker {platform.broker.name} "
                f"({platform.bootstrap_servers}) on the network {platform.network.name}"
            )
            self._images = Images(self._client)
            self._images.prepare(["recorder"])
            recorder = ContainerRecorder.start(self._client, platform, settings, self.run_id)
            needed = [platform.broker, platform.service, recorder.container]
            others = [each for each in platform.containers if each not in needed]
            self._watch = ContainerWatch(self._client, needed, others)
            self._sources = sources_of([*needed, *others])
            self.recorder = recorder.wait_ready(_RECORDER_SECONDS)
        except (EngineUnavailable, PlatformNotFound, ComposeFailed, DockerException) as error:
            raise CannotStart(f"The platform in Docker cannot be used: {error}") from error
        except AssertionError as error:
            raise CannotStart(f"The recorder did not come up: {error}") from error
        self.startup = {"recorder": time.monotonic() - began}

    def trouble(self) -> str | None:
        """See `Stack.trouble`."""
        if self._watch and (ended := self._watch.trouble()):
            return ended
        return self.recorder.trouble() if hasattr(self, "recorder") else None

    def evidence(self) -> Mapping[str, Source]:
        """See `Stack.evidence`."""
        return self._sources

    def stop(self) -> None:
        """Remove the recorder, and nothing else."""
        if self._watch:
            self._watch.close()
        if hasattr(self, "recorder"):
            self.recorder.close()
        if self._images:
            for made in find(self._client, self.run_id):
                made.remove()
            self._images.remove_untagged()
            self._images = None
