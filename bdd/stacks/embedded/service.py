"""A service of the platform as a process of the run."""

import sys
from collections.abc import Mapping
from pathlib import Path

from bdd.api.health import wait_healthy
from bdd.system.environment import for_python
from bdd.system.paths import ROOT
from bdd.system.processes import ChildProcess, free_port


class EmbeddedService:
    """A service with a database of its own, on a free port of 127.0.0.1; it starts at once.

    Args:
        name: the service's name, such as `patient-service`; its database and its log, `<name>.log`, are named so.
        folder: where they are.
        bootstrap_servers: where it publishes.
        module: the Python module that is the service, and its arguments; the reference service by default.
        environment: variables besides those that the reference service reads, and those of every Python program.
    """

    def __init__(
        self,
        name: str,
        folder: Path,
        bootstrap_servers: str,
        *module: str,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.database = database_file(folder, name)
        self.process = ChildProcess(
            f"the {name}",
            [sys.executable, "-m", *(module or (reference_module(name),))],
            log=folder / f"{name}.log",
            env={
                **for_python(),
                "DATABASE_URL": database_url(folder, name),
                "KAFKA_BOOTSTRAP_SERVERS": bootstrap_servers,
                "HOST": "127.0.0.1",
                "PORT": str(port),
                **(environment or {}),
            },
            cwd=ROOT,
        )

    def wait_ready(self, timeout: float) -> None:
        """Return as soon as it reports itself, its database and its broker as healthy.

        Raises:
            AssertionError: it ended, or was not healthy within the timeout in seconds.
        """
        wait_healthy(self.url, timeout=timeout, abort_if=self.process.trouble)


def database_url(folder: Path, name: str) -> str:
    """Return the address of the database that the service of this name uses in this folder."""
    return f"sqlite:///{database_file(folder, name)}"


def database_file(folder: Path, name: str) -> Path:
    """Return the file of that database."""
    return folder / f"{name}.db"


def reference_module(name: str) -> str:
    """Return the Python module of the reference service of this name."""
    return f"reference.{name.replace('-', '_')}"


def has_reference(name: str) -> bool:
    """Return whether there is a reference service of this name."""
    return ROOT.joinpath(*reference_module(name).split(".")).is_dir()
