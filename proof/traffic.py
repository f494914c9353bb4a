"""The HTTP side of a defect: a request, its response, and what a defect can reach in the service."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from flask import Flask

from bdd.contracts.asyncapi import noun_of
from proof.outgoing import Outgoing
from reference.shared.kafka.schemas import EventSchema

Row = tuple[Any, ...]
_LOCKED_SECONDS = 1.0  # less than a run waits for the response while it keeps the database away


@dataclass(frozen=True)
class Request:
    """A request as it was received."""

    method: str
    path: str
    query: str
    body: bytes

    @property
    def id(self) -> int | None:
        """The id in the path; None if the request is not about one entity."""
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
        """Return the id of the entity that the request was about or has created; 0 if it was refused."""
        return request.id or (0 if self.is_error else int(self.json["id"]))

    def with_body(self, content: object) -> "Response":
        """Return the same response with another body."""
        return replace(self, body=json.dumps(content, ensure_ascii=False).encode())


class SoundService:
    """What a defect can reach: the service without the defect, its publisher and its table."""

    app: Flask
    table: str
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

    def publish(self, event_type: str, entity: int, data: dict[str, Any] | None, after: float = 0) -> None:
        """Publish an event that no change has caused.

        Args:
            event_type: its type.
            entity: the id.
            data: the `patient_data` or `therapist_data`; None leaves it out.
            after: how many seconds later.
        """
        noun = noun_of(event_type)
        payload = {f"{noun}_id": entity} | ({} if data is None else {f"{noun}_data": data})
        event = EventSchema(event_type=event_type, producer=f"{noun}-service", payload=payload)
        self.send(Outgoing(f"{noun}-events", str(entity).encode(), event.to_json().encode(), after=after))

    def row(self, entity: int) -> Row | None:
        """Read the row of one."""
        return next(iter(self.execute("SELECT * FROM {} WHERE id = ?", entity)), None)

    def rows(self) -> list[Row]:
        """Read all rows."""
        return self.execute("SELECT * FROM {}")

    def put_row(self, row: Row) -> None:
        """Write a row, and replace one with the same id."""
        self.execute(f"INSERT OR REPLACE INTO {{}} VALUES ({', '.join('?' * len(row))})", *row)  # noqa: S608

    def drop_row(self, entity: int) -> None:
        """Delete the row of one."""
        self.execute("DELETE FROM {} WHERE id = ?", entity)

    def execute(self, statement: str, *values: object) -> list[Row]:
        """Execute a statement on the service's database; `{}` in it is the table."""
        with closing(sqlite3.connect(self.database_file, timeout=_LOCKED_SECONDS)) as connection, connection:
            return connection.execute(statement.format(self.table), values).fetchall()


Serve = Callable[[Request, SoundService], Response]
"""Handles a request in place of the sound service."""

Change = Callable[[Response], Response]
Fields = dict[str, Any]


def on(method: str, serve: Serve, *, one: bool | None = None) -> Serve:
    """Restrict a defect to some requests.

    Args:
        method: to those with this method.
        serve: the defect.
        one: True: to those about one entity; False: to those about all of them.
    """

    def chosen(request: Request, sound: SoundService) -> Response:
        about_one = request.id is not None
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
