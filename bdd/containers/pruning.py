"""`python -m bdd stack`: shows and removes what runs have left in the container engine."""

from collections.abc import Callable

from docker.client import DockerClient
from docker.errors import DockerException

from bdd.containers.engine import EngineUnavailable, connect
from bdd.containers.leftovers import Leftover, find, remove_images


def show(say: Callable[[str], object]) -> int:
    """Say what there is of each run; return the exit code."""

    def each(client: DockerClient) -> None:
        leftovers = find(client)
        for leftover in leftovers:
            say(f"{leftover.run} ({leftover.state}): {', '.join(leftover.names)}")
        if not leftovers:
            say("There is nothing of any run.")

    return _with_engine(each, say)


def remove(say: Callable[[str], object], *, kept: bool, images: bool) -> int:
    """Remove what killed runs have left; return the exit code.

    Args:
        say: called with a line for each run, and one at the end.
        kept: also what has no owner: platforms that were to be kept, and what was started by hand.
        images: also the images that were built for runs.
    """

    def each(client: DockerClient) -> None:
        leftovers = [leftover for leftover in find(client) if _may_go(leftover, kept=kept)]
        for leftover in leftovers:
            leftover.remove()
            say(f"removed of run {leftover.run}: {', '.join(leftover.names)}")
        names = remove_images(client) if images else []
        if names:
            say(f"removed images: {', '.join(names)}")
        if not leftovers and not names:
            say("There is nothing to remove.")

    return _with_engine(each, say)


def _may_go(leftover: Leftover, *, kept: bool) -> bool:
    return leftover.is_abandoned or (kept and not leftover.owner)


def _with_engine(use: Callable[[DockerClient], None], say: Callable[[str], object]) -> int:
    try:
        use(connect())
    except (EngineUnavailable, DockerException) as fault:
        say(str(fault))
        return 1
    return 0
