"""The reference service with one defect, injected from outside: `python -m proof.broken_service NAME FIRST_ID`.

The service's own environment variables apply. FIRST_ID is the id of its first patient: services that share a
broker must not publish events of the same patients.
"""

import sqlite3
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any

from confluent_kafka import KafkaError, Producer
from werkzeug.wrappers import Request as WsgiRequest
from werkzeug.wrappers import Response as WsgiResponse

from proof.defect import Defect
from proof.defects import find
from proof.outgoing import Outgoing
from proof.traffic import Request, Response
from reference.patient_service import __main__ as patient_service
from reference.patient_service import service
from reference.patient_service.app import create_app
from reference.patient_service.database import Database, open_database
from reference.patient_service.events import PRODUCER, TOPIC
from reference.patient_service.kafka import new_producer
from reference.patient_service.relay import DeliveryReport, OutboxRelay
from reference.shared.kafka.schemas import EventSchema

if TYPE_CHECKING:
    from flask import Flask

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
        if not out.after:
            self._send(out)
            return
        timer = threading.Timer(out.after, self._send, [out])
        timer.daemon = True
        timer.start()

    def poll(self, timeout: float) -> int:
        return self._producer.poll(timeout)

    def purge(self) -> None:
        self._producer.purge()

    def list_topics(self, *, timeout: float) -> object:
        return self._producer.list_topics(timeout=timeout)

    def _send(self, out: Outgoing) -> None:
        self._producer.produce(out.topic, key=out.key, value=out.value, partition=out.partition)


class BrokenService:
    """Replaces parts of the service; a defect sees it as a `SoundService`."""

    def __init__(self, defect: Defect, first_id: int) -> None:
        self._defect = defect
        self._first_id = first_id
        self._file = ""
        self._producer: BrokenProducer
        self._app: Flask

    def parts(self) -> dict[str, Any]:
        """The names in the service's module that are replaced."""
        return {"new_producer": self._new_producer, "open_database": self._open_database, "create_app": self._wsgi}

    def handle(self, request: Request) -> Response:
        response = self._app.test_client().open(
            request.path,
            method=request.method,
            query_string=request.query,
            data=request.body,
            content_type="application/json",
        )
        return Response(response.status_code, response.data)

    def publish(self, event_type: str, patient: int, data: dict[str, Any] | None, after: float = 0) -> None:
        payload = {"patient_id": patient} | ({} if data is None else {"patient_data": data})
        event = EventSchema(event_type=event_type, producer=PRODUCER, payload=payload)
        self._producer.send(Outgoing(TOPIC, str(patient).encode(), event.to_json().encode(), after=after))

    def row(self, patient: int) -> tuple[Any, ...] | None:
        return next(iter(self._sql("SELECT * FROM patients WHERE id = ?", patient)), None)

    def rows(self) -> list[tuple[Any, ...]]:
        return self._sql("SELECT * FROM patients")

    def put_row(self, row: tuple[Any, ...]) -> None:
        self._sql(f"INSERT OR REPLACE INTO patients VALUES ({', '.join('?' * len(row))})", *row)  # noqa: S608

    def drop_row(self, patient: int) -> None:
        self._sql("DELETE FROM patients WHERE id = ?", patient)

    def _new_producer(self, bootstrap_servers: str, on_error: Callable[[KafkaError], None]) -> BrokenProducer:
        self._producer = BrokenProducer(new_producer(bootstrap_servers, on_error), self._defect)
        return self._producer

    def _open_database(self, url: str) -> Database:
        self._file = url.removeprefix("sqlite:///")
        database = open_database(url)
        self._sql("INSERT INTO sqlite_sequence (name, seq) VALUES ('patients', ?)", self._first_id - 1)
        return database

    def _wsgi(self, database: Database, relay: OutboxRelay) -> Wsgi:
        self._app = create_app(database, relay)
        return partial(self._serve, self._defect.serve) if self._defect.serve else self._app

    def _serve(self, serve: Callable[..., Response], environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        received = WsgiRequest(environ)
        request = Request(received.method, received.path, received.query_string.decode(), received.get_data())
        response = self.handle(request) if request.path == "/health" else serve(request, self)
        sent = WsgiResponse(response.body, response.status, content_type="application/json")
        sent.headers.update(response.headers)
        return sent(environ, start)

    def _sql(self, statement: str, *values: object) -> list[Any]:
        with closing(sqlite3.connect(self._file, timeout=5)) as connection, connection:
            return connection.execute(statement, values).fetchall()


def main() -> int:
    """Run the service until it is stopped; return its exit code."""
    name, first_id = sys.argv[1:]
    broken = BrokenService(find(name), int(first_id))
    for part, replacement in broken.parts().items():
        setattr(service, part, replacement)
    return patient_service.main()


if __name__ == "__main__":
    sys.exit(main())
