"""The HTTP side of a defect: a request, its response, and what a defect can reach in the service."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from flask import Flask

from proof.outgoing import Outgoing
from reference.patient_service.events import PRODUCER, TOPIC
from reference.shared.kafka.schemas import EventSchema

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Request:
    """A request as it was received."""

    method: str
    path: str
    query: str
    body: bytes

    @property
    def patient(self) -> int | None:
        """The id in the path; None if the request is not about one patient."""
        last = self.path.rpartition("/")[2]
        return int(last) if last.isdecimal() else None

    @property
    def fields(self) -> dict[str, Any]:
        """The body as an object; empty if it is not an object."""
        try:
            content = json.loads(self.body)
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}

    def with_fields(self, **fields: object) -> "Request":
        """Return the same request with these fields as its body."""
        return replace(self, body=json.dumps(fields).encode())


@dataclass(frozen=True)
class Response:
    """A response before it is sent.

    Attributes:
        headers: those that differ from the sound service's.
    """

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)

    @property
    def is_error(self) -> bool:
        """Whether the service refused the request."""
        return self.status >= HTTPStatus.BAD_REQUEST

    def about(self, request: Request) -> int:
        """Return the id of the patient that the request was about or has created; 0 if it was refused."""
        return request.patient or (0 if self.is_error else int(self.json["id"]))

    def with_body(self, content: object) -> "Response":
        """Return the same response with another body."""
        return replace(self, body=json.dumps(content, ensure_ascii=False).encode())


class SoundService:
    """What a defect can reach: the service without the defect, its publisher and its table of patients."""

    app: Flask
    database_file: str
    send: Callable[[Outgoing], None]

    def handle(self, request: Request) -> Response:
        """Handle a request as the sound service does."""
        response = self.app.test_client().open(
            request.path,
            method=request.method,
            query_string=request.query,
            data=request.body,
            content_type="application/json",
        )
        return Response(response.status_code, response.data)

    def publish(self, event_type: str, patient: int, data: dict[str, Any] | None, after: float = 0) -> None:
        """Publish an event that no change has caused.

        Args:
            event_type: its type.
            patient: the patient's id.
            data: the `patient_data`; None leaves it out.
            after: how many seconds later.
        """
        payload = {"patient_id": patient} | ({} if data is None else {"patient_data": data})
        event = EventSchema(event_type=event_type, producer=PRODUCER, payload=payload)
        self.send(Outgoing(TOPIC, str(patient).encode(), event.to_json().encode(), after=after))

    def row(self, patient: int) -> Row | None:
        """Read a patient from the table."""
        return next(iter(self.execute("SELECT * FROM patients WHERE id = ?", patient)), None)

    def rows(self) -> list[Row]:
        """Read all patients from the table."""
        return self.execute("SELECT * FROM patients")

    def put_row(self, row: Row) -> None:
        """Write a patient into the table, and replace one with the same id."""
        self.execute(f"INSERT OR REPLACE INTO patients VALUES ({', '.join('?' * len(row))})", *row)  # noqa: S608

    def drop_row(self, patient: int) -> None:
        """Delete a patient from the table."""
        self.execute("DELETE FROM patients WHERE id = ?", patient)

    def execute(self, statement: str, *values: object) -> list[Row]:
        """Execute a statement on the service's database."""
        with closing(sqlite3.connect(self.database_file, timeout=5)) as connection, connection:
            return connection.execute(statement, values).fetchall()


Serve = Callable[[Request, SoundService], Response]
"""Handles a request in place of the sound service."""

Change = Callable[[Response], Response]
Fields = dict[str, Any]


def on(method: str, serve: Serve, *, one: bool | None = None) -> Serve:
    """Restrict a defect to some requests.

    Args:
        method: to those with this method.
        serve: the defect.
        one: True: to those about one patient; False: to those about all of them.
    """

    def chosen(request: Request, sound: SoundService) -> Response:
        about_one = request.patient is not None
        if request.method == method and one in {None, about_one}:
            return serve(request, sound)
        return sound.handle(request)

    return chosen


def receiving(change: Callable[[Fields], Fields]) -> Serve:
    """Change the fields of a request that has some, before it is handled."""
    return lambda request, sound: sound.handle(
        request.with_fields(**change(request.fields)) if request.fields else request
    )


def responding(change: Change) -> Serve:
    """Do what was requested, but change the response."""
    return lambda request, sound: change(sound.handle(request))


def succeeding(change: Change) -> Serve:
    """Change the response to a request that is accepted."""
    return responding(lambda response: response if response.is_error else change(response))


def refusing(status: int, change: Change) -> Serve:
    """Change the response to a request that is refused with this status."""
    return responding(lambda response: change(response) if response.status == status else response)
