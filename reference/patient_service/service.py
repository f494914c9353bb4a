"""Assembles the service and runs it until a signal stops it."""

import gc
import logging
import time
from functools import partial

import waitress
from sqlalchemy.exc import SQLAlchemyError

from reference.patient_service.app import create_app
from reference.patient_service.database import Database, open_database
from reference.patient_service.errors import CannotStartError
from reference.patient_service.kafka import new_producer
from reference.patient_service.relay import OutboxRelay
from reference.patient_service.settings import Settings

THREADS = 8

log = logging.getLogger(__name__)


def serve(settings: Settings) -> None:
    """Run the service until SystemExit or KeyboardInterrupt is raised, as signal handlers do.

    Raises:
        CannotStartError: a setting is wrong, the database does not respond, or the port is taken.
    """
    _log_to_stderr(settings.log_level)
    database = _open_database(settings.database_url)
    relay = OutboxRelay(database, partial(new_producer, settings.kafka_bootstrap_servers))
    app = create_app(database, relay)
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


def _open_database(url: str) -> Database:
    try:
        return open_database(url)
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
