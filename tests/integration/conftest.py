"""What the integration tests share: one real Kafka broker for all of them, and a patient service for each."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import platformdirs
import pytest

from bdd.contracts import asyncapi as contract
from bdd.stacks.embedded.broker import Distribution, EmbeddedBroker
from bdd.stacks.embedded.distribution import prepare
from bdd.system.processes import CommandFailed, run_command
from tests.support.running import SLOW_SECONDS, ModuleRun, patient_service

_INTERRUPTIONS = [getattr(signal, name) for name in ("SIGINT", "SIGHUP") if hasattr(signal, name)]


@pytest.fixture(scope="session", autouse=True)
def interruptible_processes() -> None:
    """Let every process that is started here be interrupted.

    A shell's `make test &` and `nohup make test` ignore signals, and what is ignored stays so in every process that
    is started. What is handled does not, so pytest goes on ignoring them by handling them.
    """
    for number in _INTERRUPTIONS:
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda _number, _frame: None)


@pytest.fixture(autouse=True)
def runs() -> Iterator[list[ModuleRun]]:
    """The runs of this test; what still runs when it ends, since it failed, is ended."""
    ModuleRun.started.clear()
    yield ModuleRun.started
    for run in ModuleRun.started:
        run.finish()


@pytest.fixture(scope="session")
def closed_port() -> Iterator[int]:
    """A port of this machine that refuses connections: it is taken, so that nobody can listen there."""
    with ExitStack() as held:
        first = held.enter_context(socket.socket())
        first.bind(("127.0.0.1", 0))
        port: int = first.getsockname()[1]
        with suppress(OSError):  # not every machine has IPv6
            held.enter_context(socket.socket(socket.AF_INET6)).bind(("::1", port))
        yield port


@pytest.fixture(scope="session")
def distribution() -> Distribution:
    """Kafka and Java from the user's own cache, fetched by the first test that needs them."""
    default = platformdirs.user_cache_path("psychotherapy-acceptance")
    return prepare(Path(os.environ.get("BDD_CACHE_DIR", default)), print)


@pytest.fixture(scope="session")
def broker(distribution: Distribution, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBroker]:
    """A broker with the topics of the contract."""
    started = EmbeddedBroker.start(distribution, tmp_path_factory.mktemp("broker") / "kafka")
    try:
        started.wait_ready(timeout=SLOW_SECONDS)
        started.create_topics(contract.current().partitions)
        yield started
    finally:
        started.process.kill()


@pytest.fixture
def api_url(tmp_path: Path, broker: EmbeddedBroker) -> Iterator[str]:
    """A patient service on that broker."""
    with patient_service(tmp_path, broker.bootstrap_servers) as url:
        yield url


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk without room for one byte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    try:
        run_command(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(disk)])
    except CommandFailed as error:
        pytest.skip(f"only root can mount a small disk: {error}")
    try:
        with suppress(OSError), (disk / "full").open("wb", buffering=0) as file:
            while file.write(b"x" * 4096):
                pass
        yield disk
    finally:
        run_command(["umount", str(disk)])
