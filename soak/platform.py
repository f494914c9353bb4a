"""The services of the soak: new ones for each round, all on the broker of a condition."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from pkgutil import resolve_name

from bdd.domain.resources import services
from bdd.run.broker import START_SECONDS
from bdd.stacks.embedded.service import EmbeddedService, database_url, reference_module
from reference.shared.database import open_database
from reference.shared.models import Resource
from reference.shared.service import Service

IDS_OF_A_RUN = 100_000


@contextmanager
def running_services(
    folder: Path, bootstrap_servers: str, number: int, nature: Mapping[str, str]
) -> Iterator[dict[str, str]]:
    """Run every service and yield their addresses: name -> address.

    Args:
        folder: where their databases and their logs are.
        bootstrap_servers: where they publish.
        number: different for each round on a broker: the ids begin after number * IDS_OF_A_RUN.
        nature: variables for `soak.service`.
    """
    started: dict[str, EmbeddedService] = {}
    with ExitStack() as stack:
        for name in services():
            give_ids_from(database_url(folder, name), reference(name).table, number * IDS_OF_A_RUN)
            service = EmbeddedService(name, folder, bootstrap_servers, "soak.service", name, environment=nature)
            stack.callback(service.process.kill)
            started[name] = service
        for service in started.values():
            service.wait_ready(START_SECONDS)
        yield {name: service.url for name, service in started.items()}


def reference(name: str) -> Service:
    """Return what the reference service of this name says of itself."""
    service: Service = resolve_name(f"{reference_module(name)}.service:{name.replace('-', '_').upper()}")
    return service


def give_ids_from(database: str, table: type[Resource], last: int) -> None:
    """Make a new database whose first row gets the id after `last`."""
    open_database(database, table).close()
    with closing(sqlite3.connect(database.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", [table.__tablename__, last])
