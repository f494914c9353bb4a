"""The services of the soak: one for each round, all on the broker of a condition."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from bdd.run.broker import START_SECONDS
from bdd.stacks.embedded.service import EmbeddedService, database_url
from reference.patient_service.models import Patient
from reference.shared.database import open_database

IDS_OF_A_RUN = 100_000
_NAME = "patient-service"


@contextmanager
def running_service(folder: Path, bootstrap_servers: str, number: int, nature: Mapping[str, str]) -> Iterator[str]:
    """Run a service and yield its address.

    Args:
        folder: where its database and its log are.
        bootstrap_servers: where it publishes.
        number: different for each service of a broker: its patients' ids begin after number * IDS_OF_A_RUN.
        nature: variables for `soak.service`.
    """
    give_ids_from(database_url(folder, _NAME), number * IDS_OF_A_RUN)
    service = EmbeddedService(_NAME, folder, bootstrap_servers, "soak.service", environment=nature)
    try:
        service.wait_ready(START_SECONDS)
        yield service.url
    finally:
        service.process.kill()


def give_ids_from(database: str, last: int) -> None:
    """Make a new database whose first patient gets the id after `last`."""
    open_database(database, Patient).close()
    with closing(sqlite3.connect(database.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('patients', ?)", [last])
