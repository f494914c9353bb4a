"""Pauses the recorders of runs."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import psutil

from bdd.run.process import ModuleProcess
from soak.repeating import again_and_again

PAUSE_SECONDS = 2.0
_TICK_SECONDS = 1.0


@contextmanager
def lagging_recorders(runs: Sequence[ModuleProcess]) -> Iterator[None]:
    """Suspend the process of each run's recorder during the block, again and again for some seconds."""

    def pause() -> None:
        recorders = [each for run in runs for each in _recorders(run)]
        try:
            for each in recorders:
                with suppress(psutil.NoSuchProcess):  # its run has ended
                    each.suspend()
            threading.Event().wait(PAUSE_SECONDS if recorders else 0)
        finally:
            for each in recorders:
                with suppress(psutil.NoSuchProcess):
                    each.resume()

    with again_and_again(pause, _TICK_SECONDS):
        yield


def _recorders(run: ModuleProcess) -> list[psutil.Process]:
    found = []
    with suppress(psutil.NoSuchProcess):
        for each in run.process.children(recursive=True):
            with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
                if "bdd.recorder" in each.cmdline():
                    found.append(each)
    return found
