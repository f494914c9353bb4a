"""The HTTP side of a defect: a request, its response, and what a defect can reach in the service."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Protocol


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

    def with_body(self, content: object) -> "Response":
        """Return the same response with another body."""
        return replace(self, body=json.dumps(content, ensure_ascii=False).encode())


class SoundService(Protocol):
    """What a defect can reach: the service without the defect, its publisher and its table of patients."""

    def handle(self, request: Request) -> Response:
        """Handle a request as the sound service does."""

    def publish(self, event_type: str, patient: int, data: dict[str, Any] | None, after: float = 0) -> None:
        """Publish an event that no change has caused.

        Args:
            event_type: its type.
            patient: the patient's id.
            data: the `patient_data`; None leaves it out.
            after: how many seconds later.
        """

    def row(self, patient: int) -> tuple[Any, ...] | None:
        """Read a patient from the table."""

    def rows(self) -> list[tuple[Any, ...]]:
        """Read all patients from the table."""

    def put_row(self, row: tuple[Any, ...]) -> None:
        """Write a patient into the table, and replace one with the same id."""

    def drop_row(self, patient: int) -> None:
        """Delete a patient from the table."""


Serve = Callable[[Request, SoundService], Response]
"""Handles a request in place of the sound service."""

Change = Callable[[Response], Response]


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


def responding(change: Change) -> Serve:
    """Do what was requested, but change the response."""
    return lambda request, sound: change(sound.handle(request))


def succeeding(change: Change) -> Serve:
    """Change the response to a request that is accepted."""
    return responding(lambda response: response if response.is_error else change(response))


def refusing(status: int, change: Change) -> Serve:
    """Change the response to a request that is refused with this status."""
    return responding(lambda response: change(response) if response.status == status else response)
