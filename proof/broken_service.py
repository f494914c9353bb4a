"""A reference service with one defect, from outside: `python -m proof.broken_service SERVICE NAME FIRST_ID`.

The service's own environment variables apply. FIRST_ID is the id of its first entity: services that share a
broker must not publish events of the same patients, or therapists.
"""

import sqlite3
import sys
import threading
from collections.abc import Callable, Iterable
from functools import partial
from importlib import import_module
from typing import Any

from confluent_kafka import KafkaError, Producer
from werkzeug.wrappers import Request as WsgiRequest
from werkzeug.wrappers import Response as WsgiResponse

from proof.defect import SOUND, Defect
from proof.defects import DEFECTS
from proof.outgoing import Outgoing
from proof.pairs import PAIRS
from proof.traffic import Request, Response, SoundService
from reference.shared import serving
from reference.shared.app import create_app
from reference.shared.database import Database, open_database
from reference.shared.kafka.producer import new_producer
from reference.shared.models import Resource
from reference.shared.relay import DeliveryReport, OutboxRelay
from reference.shared.service import Service

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class BrokenProducer:
    """Stands between the relay and Kafka. It acknowledges each record at once, because the broker is up."""

    def __init__(self, producer: Producer, defect: Defect) -> None:
        self._producer = producer
        self._defect = defect

    def produce(self, topic: str, *, key: str, value: str, on_delivery: DeliveryReport) -> None:
        sound = Outgoing(topic, key.encode(), value.encode())
        for out in self._defect.publish(sound) if self._defect.publish else [sound]:
            self.send(out)
        on_delivery(None, None)

    def send(self, out: Outgoing) -> None:
        """Send a record unchanged, after its delay."""
        produce = partial(self._producer.produce, out.topic, key=out.key, value=out.value, partition=out.partition)
        if not out.after:
            produce()
            return
        timer = threading.Timer(out.after, produce)
        timer.daemon = True
        timer.start()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._producer, name)


class BrokenService(SoundService):
    """Replaces parts of the service by broken ones."""

    def __init__(self, defect: Defect, first_id: int) -> None:
        self._defect = defect
        self._first_id = first_id

    def new_producer(
        self, bootstrap_servers: str, client_id: str, on_error: Callable[[KafkaError], None]
    ) -> BrokenProducer:
        producer = BrokenProducer(new_producer(bootstrap_servers, client_id, on_error), self._defect)
        self.send = producer.send
        return producer

    def open_database(self, url: str, table: type[Resource]) -> Database:
        self.database_file, self.table = url.removeprefix("sqlite:///"), table.__tablename__
        database = open_database(url, table)
        self.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('{}', ?)", self._first_id - 1)
        return database

    def create_app(self, service: Service, database: Database, relay: OutboxRelay) -> Wsgi:
        self.app = create_app(service, database, relay)
        return partial(self._serve, self._defect.serve) if self._defect.serve else self.app

    def _broken(self, serve: Callable[..., Response], request: Request) -> Response:
        """Serve a request with the defect; while the database is away, the service is a sound one."""
        try:
            return serve(request, self)
        except sqlite3.OperationalError:
            return self.handle(request)

    def _serve(self, serve: Callable[..., Response], environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        received = WsgiRequest(environ)
        request = Request(received.method, received.path, received.query_string.decode(), received.get_data())
        response = self.handle(request) if request.path == "/health" else self._broken(serve, request)
        sent = WsgiResponse(response.body, response.status, content_type="application/json")
        sent.headers.update(response.headers)
        return sent(environ, start)


def main() -> int:
    """Run the service until it is stopped; return its exit code."""
    service, name, first_id = sys.argv[1:]
    defects = {defect.name: defect for defect in (SOUND, *DEFECTS, *PAIRS)}
    broken = BrokenService(defects[name], int(first_id))
    for part in ("new_producer", "open_database", "create_app"):
        setattr(serving, part, getattr(broken, part))
    started: int = import_module(f"reference.{service.replace('-', '_')}.__main__").main()
    return started


if __name__ == "__main__":
    sys.exit(main())
