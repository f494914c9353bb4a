"""The HTTP side of a defect: a request, its answer, and what a defect can reach in the service."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Protocol


@dataclass(frozen=True)
class Request:
    """A request as it came in."""

    method: str
    path: str
    query: str
    body: bytes

    @property
    def patient(self) -> int | None:
        """The id in the path, None where the request is not about one patient."""
        last = self.path.rpartition("/")[2]
        return int(last) if last.isdecimal() else None

    @property
    def fields(self) -> dict[str, Any]:
        """Its body as an object, empty where it is none."""
        try:
            content = json.loads(self.body)
        except ValueError:
            return {}
        return content if isinstance(content, dict) else {}

    def asking(self, **fields: object) -> "Request":
        """The same request with other fields in its body."""
        return replace(self, body=json.dumps(fields).encode())


@dataclass(frozen=True)
class Answer:
    """An answer on its way out.

    Attributes:
        headers: those that are said otherwise than the sound service says them.
    """

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def json(self) -> Any:
        """Its body."""
        return json.loads(self.body)

    @property
    def refuses(self) -> bool:
        """Whether the service did not do what was asked."""
        return self.status >= HTTPStatus.BAD_REQUEST

    def saying(self, content: object) -> "Answer":
        """The same answer with another body."""
        return replace(self, body=json.dumps(content, ensure_ascii=False).encode())


class Inside(Protocol):
    """What a defect can reach: the sound service, its publisher and its table of patients."""

    def answer(self, request: Request) -> Answer:
        """Let the sound service answer."""

    def announce(self, event_type: str, patient: int, data: dict[str, Any] | None, after: float = 0) -> None:
        """Publish an event that no change asked for, so many seconds later."""

    def row(self, patient: int) -> tuple[Any, ...] | None:
        """Read a patient from the table."""

    def rows(self) -> list[tuple[Any, ...]]:
        """Read all patients from the table."""

    def put_row(self, row: tuple[Any, ...]) -> None:
        """Write a patient into the table, over the one that is there."""

    def drop_row(self, patient: int) -> None:
        """Delete a patient from the table."""


Serve = Callable[[Request, Inside], Answer]
"""Answers a request in place of the sound service."""


def on(method: str, serve: Serve, *, one: bool | None = None) -> Serve:
    """Let a defect befall requests of this method only; `one`: about one patient (True) or about all (False)."""

    def chosen(request: Request, inside: Inside) -> Answer:
        about_one = request.patient is not None
        if request.method == method and one in {None, about_one}:
            return serve(request, inside)
        return inside.answer(request)

    return chosen


def answering(change: Callable[[Answer], Answer]) -> Serve:
    """Do what was asked, but answer otherwise."""
    return lambda request, inside: change(inside.answer(request))


def refusing(status: int, change: Callable[[Answer], Answer]) -> Serve:
    """Answer requests otherwise that are refused with this status."""
    return answering(lambda answer: change(answer) if answer.status == status else answer)
