"""A reader: another service, which reads an entity as soon as an event about it arrives."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from hamcrest import assert_that

from bdd.api.exchange import Exchange
from bdd.contracts.event import Event
from bdd.domain.entity import Entity
from bdd.domain.resource import Resource
from bdd.domain.responses import could_read, could_read_in_time
from bdd.system.waiting import wait_until
from bdd.verdict.observer import Observer

_LOOK_FOR_TROUBLE_SECONDS = 0.1


class Reader:
    """Waits in the background for the scenario's next event and reads its entity as soon as the event arrives.

    When an event is published before its change is committed, its consumers still read the old state.

    Args:
        resource: what it reads.
        get: sends a GET request to a path of its API.
        observer: the scenario's.
        timeout: the deadline of the event, in seconds.
    """

    def __init__(
        self, resource: Resource, get: Callable[[str], Exchange], observer: Observer, timeout: float
    ) -> None:
        self.resource = resource
        self._get = get
        self._observer = observer
        self._timeout = timeout
        self._stopped: str | None = None
        self._after = self._looked_to = observer.recorder.cursor
        thread = ThreadPoolExecutor(1, thread_name_prefix="reader")
        self._seen = thread.submit(self._read)
        thread.shutdown(wait=False)

    def check(self, entity: Entity) -> None:
        """Check that the reader found the entity as it is now, or that it is deleted, as the event says.

        Raises:
            AssertionError: the reader found something else, or no event arrived.
        """
        event, exchange = self._seen.result()
        shown = replace(entity, deleted=event.type in self.resource.publishable("DELETE"))
        expected = could_read(shown)
        if not expected.matches(exchange) and expected.matches(self._get(exchange.path)):
            expected = could_read_in_time(shown, event.type)
        assert_that(exchange, expected, f"{event} arrived before its change could be read")

    def stop(self) -> None:
        """Stop waiting, because the scenario has ended: the run would last until the deadline."""
        self._stopped = "the scenario has ended"

    def _read(self) -> tuple[Event, Exchange]:
        event = wait_until(
            self._first_event,
            description="the reader's event",
            timeout=self._timeout,
            abort_if=lambda: self._stopped or self._observer.trouble(),
            sleep=lambda seconds: self._observer.recorder.wait_for_more(self._looked_to, seconds),
            interval=_LOOK_FOR_TROUBLE_SECONDS,
        )
        return event, self._get(f"{self.resource.path}/{event.record.key_text}")

    def _first_event(self) -> Event:
        """Return the scenario's first event, claimed or not: the scenario's own steps claim at the same time.

        An earlier event that comes once more is for the audit to find.
        """
        self._looked_to = self._observer.recorder.cursor
        observer = self._observer
        events = observer.ledger.own_events(observer.scenario_log, self._after, self._looked_to)
        new = (each for each in events if not observer.ledger.is_redelivery(each))
        event = next(new, None)
        assert event, "no event of this scenario has arrived"
        return event
