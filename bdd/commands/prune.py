"""`python -m bdd stack`: shows and removes what runs have left in the container engine."""

from collections.abc import Callable, Iterator
from functools import partial

from bdd.containers.cleanup import find, image_names, remove_image, untagged_images
from bdd.containers.engine import ContainersError, Engine, connect, translated_errors
from bdd.output.console import counted


def show(say: Callable[[str], object]) -> int:
    """Print what each run has in the engine; return the exit code."""
    return _with_engine(_shown, say, "There is nothing of any run.")


def remove(say: Callable[[str], object], *, kept: bool, images: bool) -> int:
    """Remove what killed runs have left, and images without a name; return the exit code.

    Args:
        say: called with a line for each run, and one at the end.
        kept: whether kept platforms and those started by hand are removed too.
        images: whether the images that were built for runs are removed too.
    """
    return _with_engine(partial(_removed, kept=kept, images=images), say, "There is nothing to remove.")


def _shown(client: Engine) -> Iterator[str]:
    for leftover in find(client):
        yield f"{leftover.run} ({leftover.state}): {', '.join(leftover.names)}"
    if untagged := untagged_images(client):
        yield f"{_images(len(untagged))}, which `python -m bdd stack prune` removes"


def _removed(client: Engine, *, kept: bool, images: bool) -> Iterator[str]:
    for leftover in find(client):
        if leftover.is_abandoned or (kept and not leftover.owner):
            leftover.remove()
            yield f"removed of run {leftover.run}: {', '.join(leftover.names)}"
    if removed := sum(remove_image(client, image) for image in untagged_images(client)):
        yield f"removed {_images(removed)}"
    names = [name for name in image_names(client) if remove_image(client, name)] if images else []
    if names:
        yield f"removed images: {', '.join(names)}"


def _images(count: int) -> str:
    return f"{counted(count, 'image')} of earlier builds, without a name"


def _with_engine(lines: Callable[[Engine], Iterator[str]], say: Callable[[str], object], nothing: str) -> int:
    is_empty = True
    try:
        with translated_errors():
            for line in lines(connect()):
                is_empty = False
                say(line)
    except ContainersError as error:
        say(str(error))
        return 1
    if is_empty:
        say(nothing)
    return 0
