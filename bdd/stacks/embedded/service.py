"""A patient service as a process of the run."""

import sys
from collections.abc import Mapping
from pathlib import Path

from bdd.api.health import wait_healthy
from bdd.system.paths import ROOT
from bdd.system.processes import ChildProcess, free_port

REFERENCE = "reference.patient_service"


class EmbeddedService:
    """A service with a database in a folder of its own, on a free port of 127.0.0.1; it starts at once.

    Args:
        folder: where its database and its log, `service.log`, are.
        bootstrap_servers: where it publishes.
        module: the Python module that is the service, and its arguments; the reference service by default.
        environment: variables besides those that the reference service reads.
    """

    def __init__(
        self, folder: Path, bootstrap_servers: str, *module: str, environment: Mapping[str, str] | None = None
    ) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.process = ChildProcess(
            "the patient service",
            [sys.executable, "-m", *(module or (REFERENCE,))],
            log=folder / "service.log",
            env={
                "DATABASE_URL": database_url(folder),
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


def database_url(folder: Path) -> str:
    """Return the address of the database that a service in this folder uses."""
    return f"sqlite:///{folder / 'patients.db'}"
