"""A reference service that is slow, has a wrong clock or hangs up: `python -m soak.service patient-service`.

It reads from the environment, besides the service's own settings:

- SOAK_RESPONSE_DELAY and SOAK_PUBLISH_DELAY: the longest delay of a response and of a batch of events, in seconds;
- SOAK_EVENT_DELAY and SOAK_FIRST_EVENT_DELAY: the seconds from a change to its event, and to the first event;
- SOAK_CLOCK_OFFSET: the seconds its clock is ahead;
- SOAK_HANGS_UP: if it is set, each connection is closed after its response, which does not say so.
"""

import json
import os
import random
import sys
import threading
import time
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import waitress.channel
from flask import Flask, Response
from waitress.task import WSGITask

from bdd.stacks.embedded.service import reference_module
from reference.shared import serving
from reference.shared.app import create_app
from reference.shared.kafka import schemas
from reference.shared.kafka.producer import new_producer

if TYPE_CHECKING:
    from reference.shared.relay import DeliveryReport, Producer


def slow_app(longest: float, *parts: Any) -> Flask:
    """Return the service's application with each response delayed, after the work was done."""
    app = create_app(*parts)

    @app.after_request
    def delay(response: Response) -> Response:
        _hold(longest)
        return response

    return app


class _Around:
    """Does all that a producer does, but for what a subclass changes."""

    def __init__(self, producer: "Producer") -> None:
        self._producer = producer

    def __getattr__(self, name: str) -> Any:
        """Do it as the producer does."""
        return getattr(self._producer, name)


class SlowProducer(_Around):
    """A producer that delays each batch and keeps the order."""

    def __init__(self, producer: "Producer", longest: float) -> None:
        super().__init__(producer)
        self._longest = longest
        self._batch_begins = True

    def produce(self, topic: str, *, key: str, value: str, on_delivery: "DeliveryReport") -> None:
        """Queue a record; delay the first one of a batch."""
        if self._batch_begins:
            _hold(self._longest)
            self._batch_begins = False
        self._producer.produce(topic, key=key, value=value, on_delivery=on_delivery)

    def poll(self, timeout: float) -> int:
        """Wait for delivery reports; what is produced after it is a new batch."""
        self._batch_begins = True
        return self._producer.poll(timeout)


class LateProducer(_Around):
    """A producer that publishes each event, or only the first one, so many seconds after it was made.

    Events that are made while it waits are not late for that: each waits for the rest of its own seconds.
    """

    def __init__(self, producer: "Producer", seconds: float, *, only_first: bool = False) -> None:
        super().__init__(producer)
        self._seconds = seconds
        self._only_first = only_first

    def produce(self, topic: str, *, key: str, value: str, on_delivery: "DeliveryReport") -> None:
        """Queue a record when its event is due."""
        made = datetime.fromisoformat(json.loads(value)["timestamp"]).timestamp()
        _pause(made + self._seconds - time.time())
        self._seconds = 0 if self._only_first else self._seconds
        self._producer.produce(topic, key=key, value=value, on_delivery=on_delivery)


class HangsUp(WSGITask):  # type: ignore[misc]  # no types there
    """Closes the connection after the response, and does not repeat the request's `Connection: close`."""

    def build_response_header(self) -> bytes:
        """Return the status line and the headers."""
        header: bytes = super().build_response_header()
        self.close_on_finish = True
        return header.replace(b"Connection: close\r\n", b"")


def wrong_clock(offset: float) -> type[datetime]:
    """Return a `datetime` class whose `now` is so many seconds ahead."""

    class WrongClock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = UTC) -> "WrongClock":
            return cls.fromtimestamp(datetime.now(UTC).timestamp(), tz) + timedelta(seconds=offset)

    return WrongClock


def main() -> int:
    """Run the service with the requested delays; return its exit code."""
    if response_delay := _seconds("RESPONSE_DELAY"):
        vars(serving)["create_app"] = partial(slow_app, response_delay)
    if publish_delay := _seconds("PUBLISH_DELAY"):
        vars(serving)["new_producer"] = lambda *parts: SlowProducer(new_producer(*parts), publish_delay)
    if event_delay := _seconds("EVENT_DELAY"):
        vars(serving)["new_producer"] = lambda *parts: LateProducer(new_producer(*parts), event_delay)
    if first_delay := _seconds("FIRST_EVENT_DELAY"):
        vars(serving)["new_producer"] = lambda *parts: LateProducer(
            new_producer(*parts), first_delay, only_first=True
        )
    if offset := _seconds("CLOCK_OFFSET"):
        vars(schemas)["datetime"] = wrong_clock(offset)
    if os.environ.get("SOAK_HANGS_UP"):
        waitress.channel.HTTPChannel.task_class = HangsUp
    reference = import_module(f"{reference_module(sys.argv[1])}.__main__")
    return int(reference.main())


def _hold(longest: float) -> None:
    _pause(random.uniform(0, longest))  # noqa: S311 - no secret


def _pause(seconds: float) -> None:
    threading.Event().wait(max(seconds, 0))


def _seconds(name: str) -> float:
    return float(os.environ.get(f"SOAK_{name}", "0"))


if __name__ == "__main__":
    sys.exit(main())
