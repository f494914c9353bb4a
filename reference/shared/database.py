"""The connection to SQLite or PostgreSQL. No request waits for one that is away for more than four seconds."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, exc, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.schema import CreateSchema

from reference.shared.errors import WrongSettingError
from reference.shared.models import Base, OutboxEntry, Resource

LONGEST_WAIT = 2  # seconds; at most two waits follow each other
LONGEST_WAIT_FOR_LOCK = 0.5  # seconds; no other program locks a database of this service


class Database:
    """Two kinds of sessions: every transaction that changes something needs a writing one."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reading = sessionmaker(engine, expire_on_commit=False)
        self._writing = sessionmaker(engine.execution_options(writes=True), expire_on_commit=False)
        # SQLite has one writer at a time, and the others poll for the lock: a queue is faster.
        self._turn = threading.Lock() if engine.dialect.name == "sqlite" else None

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session for reading."""
        with self._reading() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Yield a session for writing. What is not committed when the block ends is rolled back.

        Raises:
            sqlalchemy.exc.TimeoutError: others write for too long.
        """
        with self._in_turn(), self._writing() as session:
            yield session

    def is_reachable(self) -> bool:
        """Return whether the database answers a query."""
        try:
            with self.reading() as session:
                session.execute(text("SELECT 1"))
        except SQLAlchemyError:
            return False
        return True

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        if self._turn is None:
            yield
            return
        if not self._turn.acquire(timeout=LONGEST_WAIT):
            raise exc.TimeoutError("no turn to write came")
        try:
            yield
        finally:
            self._turn.release()

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()


def open_database(url: str, resources: type[Resource]) -> Database:
    """Connect and create the tables that are missing: that of the resources, and the outbox.

    Raises:
        WrongSettingError: the URL cannot be parsed.
        SQLAlchemyError: the database does not respond.
    """
    try:
        # Values stay out of error messages: they are health data.
        engine = create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=_connect_args(url))
    except (ArgumentError, ValueError) as error:
        raise WrongSettingError("DATABASE_URL cannot be read as the URL of a database.") from error
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
    if engine.dialect.name == "postgresql":
        _limit_waits(engine)
        _make_schema(engine)
    tables = [Base.metadata.tables[each.__tablename__] for each in (resources, OutboxEntry)]
    Base.metadata.create_all(engine, tables)
    return Database(engine)


def _make_schema(engine: Engine) -> None:
    """Make the schema that the URL's search_path names, so that services can share a database."""
    with engine.begin() as connection:
        schema = str(connection.scalar(text("SHOW search_path")))
        if schema.isidentifier():  # unlike `"$user", public`, which is where none is named
            connection.execute(CreateSchema(schema, if_not_exists=True))


def _connect_args(url: str) -> dict[str, object]:
    if url.startswith("sqlite"):
        # The driver begins no transactions by itself (_prepare_sqlite does).
        return {"isolation_level": None, "timeout": LONGEST_WAIT_FOR_LOCK}
    return {"connect_timeout": LONGEST_WAIT}


def _limit_waits(engine: Engine) -> None:
    """Give up a statement to which the server says nothing: it may be silent, and its connections stay open."""
    import psycopg  # noqa: PLC0415 - SQLite does not need it

    class Impatient(psycopg.Connection):
        def wait(self, *arguments: Any, **options: Any) -> Any:
            try:
                return super().wait(*arguments, **{"timeout": LONGEST_WAIT, **options})
            except psycopg.OperationalError:
                if self.pgconn.transaction_status == psycopg.pq.TransactionStatus.ACTIVE:
                    self.pgconn.finish()  # no answer to a statement may be taken for that to the next one
                raise

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: object, _record: object, arguments: Any, options: Any) -> psycopg.Connection:
        return Impatient.connect(*arguments, **options)


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def tune(connection: DBAPIConnection, _record: object) -> None:
        # Readers do not wait for the writer. A commit survives a crash of the service, but not
        # necessarily one of the machine: use synchronous=FULL or PostgreSQL where that matters.
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL"):
            connection.cursor().execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A writer takes the lock before it reads. What it read cannot change until it writes, and events
        # get into the outbox in the order of their changes. PostgreSQL has SELECT … FOR UPDATE for that.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
