"""What every stack gives a run: a platform, a recorder, its logs, and a clean end."""

from collections.abc import Mapping
from typing import Protocol

from bdd.evidence.sources import Source
from bdd.output.masking import mask
from bdd.recorder.client import RecorderClient


class CannotStart(Exception):
    """The platform or the recorder could not be brought up; the sentence says what to do, and holds no secret."""

    def __init__(self, sentence: str) -> None:
        super().__init__(mask(sentence))


class Stack(Protocol):
    """How a run gets a platform. `stop` may be called at any time, also after a start that failed half-way.

    Attributes:
        api_url: where the patient service answers.
        recorder: the run's recorder, pinned, its journal mirrored.
        startup: what `start` did and how long each part took, in seconds.
    """

    api_url: str
    recorder: RecorderClient
    startup: dict[str, float]

    def start(self) -> None:
        """Return when the service answers, the topics are there and the recorder is pinned.

        Raises:
            CannotStart: one of them did not come up.
        """

    def trouble(self) -> str | None:
        """Say what has broken since the start (a process that ended, a recorder that has lost records), or None."""

    def evidence(self) -> Mapping[str, Source]:
        """Return what this run can look into when a scenario fails: file name (`logs/service.log`) -> source."""

    def stop(self) -> None:
        """End and remove what `start` made, and nothing else."""
