"""One night at a time on one platform."""

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from bdd.domain.resources import short_names
from bdd.settings.settings import Settings


class AnotherNight(Exception):
    """Another night is running on the same platform; the message says which process, and since when."""


@contextmanager
def lock_on(platform: str) -> Iterator[str | None]:
    """Hold the lock of a platform until the block ends.

    The operating system releases the lock when its process ends, however it ends, so no lock outlives its night. It
    holds on this machine only.

    Args:
        platform: names it, as `platform_of` does.

    Yields:
        None, or why there is no lock: a file that cannot be written keeps no night from running.

    Raises:
        AnotherNight: another process holds it.
    """
    file = Path(tempfile.gettempdir()) / f"nightly-{hashlib.sha256(platform.encode()).hexdigest()[:16]}.lock"
    lock = FileLock(file, mode=0o666, timeout=0, on_acquired=_write_holder, preserve_lock_file=True)
    trouble = None
    try:
        lock.acquire()
    except Timeout:
        raise AnotherNight(f"another night is running on this platform: {_holder(file)}") from None
    except OSError as error:
        trouble = f"two nights at once would not be noticed: {file} cannot be locked: {error.strerror}"
    try:
        yield trouble
    finally:
        lock.release()


def platform_of(settings: Settings) -> str:
    """Return what names a run's platform on this machine.

    Where each run starts a platform of its own, the folder of the results names it: two nights both write there.
    A shard is part of the name, because several shards may run on one platform at the same time.
    """
    found: list[object] = [settings.bootstrap_servers, settings.recorder_url, settings.project, settings.network]
    found += [settings.of_service(name).api_url for name in sorted(short_names())]
    if not any(found):
        found = [settings.results_dir.absolute()]
    return " ".join(str(each) for each in [settings.stack, *found, settings.shard] if each)


def _write_holder(descriptor: int) -> None:
    """Note who holds the lock; a full disk has no room for that, and the lock holds all the same."""
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, json.dumps({"process": os.getpid(), "since": time.time()}).encode())


def _holder(file: Path) -> str:
    try:
        holder = json.loads(file.read_text(encoding="utf-8"))
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(holder["since"]))
        return f"process {int(holder['process'])} since {since}"
    except (OSError, ValueError, TypeError, KeyError):
        return "which process, and since when, is not known"
