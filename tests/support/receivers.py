"""Receivers of notices that are really there: a mail server and a webhook on 127.0.0.1."""

import email
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from bdd.system.processes import free_port
from tests.support.http_service import http_service

SECRET = "path-of-the-hook-4711"
"""A part of the webhook's address that nothing may show."""


@dataclass
class Receiver:
    """A receiver, and what it got.

    Attributes:
        url: its address for `notify_to`.
        got: what was sent to it: messages or JSON.
    """

    url: str = ""
    got: list[Any] = field(default_factory=list)


@contextmanager
def mail_server() -> Iterator[Receiver]:
    """Run a mail server until the block ends."""
    receiver = Receiver()

    class Handler:
        async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
            assert isinstance(envelope.content, bytes)
            receiver.got.append(email.message_from_bytes(envelope.content, policy=default))
            return "250 OK"

    port = free_port()
    controller = Controller(Handler(), hostname="127.0.0.1", port=port)
    controller.start()
    receiver.url = f"mailto://127.0.0.1:{port}?from=suite@example.org&to=team@example.org&mode=insecure"
    try:
        yield receiver
    finally:
        controller.stop()


@contextmanager
def webhook(status: int = 200) -> Iterator[Receiver]:
    """Run a webhook until the block ends; it answers with this status."""
    receiver = Receiver()

    def respond(_: BaseHTTPRequestHandler, body: bytes) -> tuple[int, bytes, dict[str, str]]:
        receiver.got.append(json.loads(body))
        return status, b"", {}

    with http_service(respond) as url:
        receiver.url = f"{url.replace('http://', 'json://')}/{SECRET}"
        yield receiver


def text_of(message: EmailMessage) -> str:
    """Return the plain text of a mail."""
    part = message.get_body(("plain",))
    assert part
    return str(part.get_content())
