"""The jars of the embedded broker: pinned, fetched from Maven repositories, refused when they differ."""

import hashlib
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import requests

from bdd.system.exceptions import root_cause

if TYPE_CHECKING:
    from jgo.maven import MavenContext

_LIST = Path(__file__).with_name("jars.txt")

_AT_ONCE = 8
_TIMEOUT_SECONDS = 30
_MEGABYTE = 1_000_000


class BrokerUnavailable(Exception):
    """The broker cannot be fetched, prepared or used on this machine; the message has the next step."""


@dataclass(frozen=True)
class Jar:
    """One pinned jar: its Maven coordinates and the SHA-256 sum of its file."""

    group: str
    artifact: str
    version: str
    sha256: str

    @classmethod
    def parse(cls, line: str) -> Self:
        """Read a line of `jars.txt`."""
        sha256, coordinates = line.split()
        group, artifact, version = coordinates.split(":")
        return cls(group, artifact, version, sha256)

    @property
    def file_name(self) -> str:
        """The name of its file, as Maven repositories have it."""
        return f"{self.artifact}-{self.version}.jar"


def pinned_jars() -> list[Jar]:
    """Return the jars listed in `jars.txt`, in the order of the class path."""
    lines = _LIST.read_text(encoding="utf-8").splitlines()
    return [Jar.parse(line) for line in lines if line and not line.startswith("#")]


def fetch_jars(jars: Sequence[Jar], folder: Path, progress: Callable[[str], None]) -> None:
    """Fetch `jars` into the new folder `folder`, several at a time, and check each against its sum.

    Args:
        jars: the jars.
        folder: the folder, which does not exist yet.
        progress: called with a line for each jar.

    Raises:
        BrokerUnavailable: a jar could not be fetched, or is not the pinned one.
        OSError: the folder cannot be written.
    """
    folder.mkdir()
    repository = _maven_repository(folder / "downloads")
    fetched_bytes = 0
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        tasks = {pool.submit(_fetch, jar, repository, folder): jar for jar in jars}
        try:
            for count, task in enumerate(as_completed(tasks), start=1):
                fetched_bytes += task.result()
                so_far = f"{count} of {len(jars)}, {fetched_bytes / _MEGABYTE:.1f} MB"
                progress(f"fetched {tasks[task].file_name} ({so_far})")
        finally:
            pool.shutdown(cancel_futures=True)  # after a failure the others are not started
    shutil.rmtree(folder / "downloads")


def _maven_repository(cache: Path) -> "MavenContext":
    """Return Maven Central or the repository of the user's jgo settings; `requests` finds the proxies."""
    # Imported late: it takes 0.2 s, and a prepared distribution never needs it.
    from jgo.config import GlobalSettings  # noqa: PLC0415
    from jgo.maven import MavenContext  # noqa: PLC0415

    context = MavenContext(repo_cache=cache, timeout=_TIMEOUT_SECONDS)
    context.remote_repos.update(GlobalSettings.load().repositories)
    return context


def _fetch(jar: Jar, repository: "MavenContext", folder: Path) -> int:
    """Return the size of the fetched file in bytes."""
    try:
        path: Path = repository.project(jar.group, jar.artifact).at_version(jar.version).artifact().resolve()
    except (requests.RequestException, RuntimeError) as error:
        raise BrokerUnavailable(
            f"The embedded broker needs the network once, to fetch Apache Kafka: {jar.file_name} could not be "
            f"fetched ({root_cause(error)}). Connect, or set HTTPS_PROXY, and run again. Behind a mirror of Maven "
            "Central, name it in jgo's settings file ~/.config/jgo.conf: `central = …` under [repositories]."
        ) from error
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != jar.sha256:
        path.unlink()
        raise BrokerUnavailable(
            f"{jar.file_name} was refused and deleted: its SHA-256 sum is {found}, the pinned one {jar.sha256}. "
            "Run again. If the error persists, a proxy or mirror between you and Maven Central changes files."
        )
    path.replace(folder / jar.file_name)
    return len(content)
