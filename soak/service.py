"""The reference service, slower or with a wrong clock: `python -m soak.service`.

It reads from the environment, besides the service's own settings: SOAK_RESPONSE_DELAY and SOAK_PUBLISH_DELAY, the
longest delay of a response and of a batch of events, in seconds; SOAK_CLOCK_OFFSET, the seconds its clock is ahead.
"""

import os
import random
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from typing import TYPE_CHECKING
from unittest.mock import patch

from flask import Flask

from reference.patient_service import __main__ as started
from reference.patient_service import service
from reference.patient_service.app import create_app
from reference.patient_service.kafka import new_producer
from reference.shared.kafka import schemas

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from reference.patient_service.relay import DeliveryReport, Producer


def slow_responses(application: "WSGIApplication", longest: float) -> "WSGIApplication":
    """Return the application with each response delayed, after the work was done."""

    def slow(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        response = application(environ, start_response)
        _hold(longest)
        return response

    return slow


class SlowProducer:
    """A producer that delays each batch and keeps the order."""

    def __init__(self, producer: "Producer", longest: float) -> None:
        self._producer = producer
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

    def purge(self) -> None:
        """Drop the queued records."""
        self._producer.purge()

    def list_topics(self, *, timeout: float) -> object:
        """Request the broker's metadata."""
        return self._producer.list_topics(timeout=timeout)


def wrong_clock(offset: float) -> type[datetime]:
    """Return a `datetime` class whose `now` is so many seconds ahead."""

    class WrongClock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = UTC) -> "WrongClock":
            return cls.fromtimestamp(datetime.now(UTC).timestamp(), tz) + timedelta(seconds=offset)

    return WrongClock


def main() -> int:
    """Run the service with the requested delays; return its exit code."""
    with ExitStack() as changes:
        if longest := _seconds("RESPONSE_DELAY"):
            slow_app = partial(_slow_app, create_app, longest)
            changes.enter_context(patch.object(service, "create_app", slow_app))
        if longest := _seconds("PUBLISH_DELAY"):
            slow_producer = partial(_slow_producer, new_producer, longest)
            changes.enter_context(patch.object(service, "new_producer", slow_producer))
        if offset := _seconds("CLOCK_OFFSET"):
            changes.enter_context(patch.object(schemas, "datetime", wrong_clock(offset)))
        return started.main()


def _slow_app(make: Callable[..., Flask], longest: float, *parts: object) -> Flask:
    app = make(*parts)
    vars(app)["wsgi_app"] = slow_responses(app.wsgi_app, longest)
    return app


def _slow_producer(make: Callable[..., "Producer"], longest: float, *parts: object) -> SlowProducer:
    return SlowProducer(make(*parts), longest)


def _hold(longest: float) -> None:
    threading.Event().wait(random.uniform(0, longest))  # noqa: S311 - no secret


def _seconds(name: str) -> float:
    return float(os.environ.get(f"SOAK_{name}", "0"))


if __name__ == "__main__":
    sys.exit(main())
