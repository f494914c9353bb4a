"""Assembles a service and runs it until a signal stops it."""

import gc
import logging
import time
from functools import partial

import waitress
from sqlalchemy.exc import SQLAlchemyError

from reference.shared.app import create_app
from reference.shared.database import Database, open_database
from reference.shared.errors import CannotStartError
from reference.shared.kafka.producer import new_producer
from reference.shared.relay import OutboxRelay
from reference.shared.service import Service
from reference.shared.settings import Settings

THREADS = 8

log = logging.getLogger(__name__)


def serve(service: Service, settings: Settings) -> None:
    """Run a service until SystemExit or KeyboardInterrupt is raised, as signal handlers do.

    Raises:
        CannotStartError: a setting is wrong, the database does not respond, or the port is taken.
    """
    _log_to_stderr(settings.log_level)
    database = _open_database(service, settings.database_url)
    connect = partial(new_producer, settings.kafka_bootstrap_servers, service.name)
    relay = OutboxRelay(database, service.topic, connect)
    app = create_app(service, database, relay)
    try:
        server = waitress.create_server(app, host=settings.host, port=settings.port, threads=THREADS)
    except OSError as error:
        raise CannotStartError(
            f"Cannot listen on {settings.host}:{settings.port} ({error.strerror}): free it or set HOST and PORT."
        ) from error
    relay.start()
    gc.freeze()
    gc.enable()
    log.info("listening on http://%s:%d", settings.host, settings.port)
    try:
        server.run()  # returns when a signal handler raises SystemExit
    finally:
        relay.stop()
        database.close()
    log.info("stopped")


def _open_database(service: Service, url: str) -> Database:
    try:
        return open_database(url, service.table)
    except SQLAlchemyError as error:
        raise CannotStartError(
            f"The database of DATABASE_URL does not answer ({type(error).__name__}): "
            "check that it is running and that the URL is right."
        ) from error


def _log_to_stderr(level: str) -> None:
    line = logging.Formatter("%(asctime)s.%(msecs)03dZ %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S")
    line.converter = time.gmtime
    handler = logging.StreamHandler()
    handler.setFormatter(line)
    logging.basicConfig(level=level, handlers=[handler])
    # waitress warns whenever a request has to wait for a free thread.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
