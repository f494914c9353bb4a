"""`python -m bdd stack`: shows and removes what runs have left in the container engine."""

from collections.abc import Callable, Sequence

from bdd.containers.cleanup import Leftover, find, image_names, remove_image, untagged_images
from bdd.containers.engine import ContainersError, Engine, connect, translated_errors


def show(say: Callable[[str], object]) -> int:
    """Say what there is of each run; return the exit code."""

    def each(client: Engine) -> None:
        leftovers = find(client)
        for leftover in leftovers:
            say(f"{leftover.run} ({leftover.state}): {', '.join(leftover.names)}")
        if untagged := untagged_images(client):
            say(f"{_counted(untagged)}, which `python -m bdd stack prune` removes")
        if not leftovers and not untagged:
            say("There is nothing of any run.")

    return _with_engine(each, say)


def remove(say: Callable[[str], object], *, kept: bool, images: bool) -> int:
    """Remove what killed runs have left, and images that have lost their names; return the exit code.

    Args:
        say: called with a line for each run, and one at the end.
        kept: also what has no owner: platforms that were to be kept, and what was started by hand.
        images: also the images that were built for runs.
    """

    def each(client: Engine) -> None:
        leftovers = [leftover for leftover in find(client) if _may_go(leftover, kept=kept)]
        for leftover in leftovers:
            leftover.remove()
            say(f"removed of run {leftover.run}: {', '.join(leftover.names)}")
        untagged = [image for image in untagged_images(client) if remove_image(client, image)]
        if untagged:
            say(f"removed {_counted(untagged)}")
        names = [name for name in image_names(client) if remove_image(client, name)] if images else []
        if names:
            say(f"removed images: {', '.join(names)}")
        if not leftovers and not untagged and not names:
            say("There is nothing to remove.")

    return _with_engine(each, say)


def _may_go(leftover: Leftover, *, kept: bool) -> bool:
    return leftover.is_abandoned or (kept and not leftover.owner)


def _counted(images: Sequence[str]) -> str:
    return f"{len(images)} {'image' if len(images) == 1 else 'images'} of earlier builds, without a name"


def _with_engine(use: Callable[[Engine], None], say: Callable[[str], object]) -> int:
    try:
        with translated_errors():
            use(connect())
    except ContainersError as error:
        say(str(error))
        return 1
    return 0
