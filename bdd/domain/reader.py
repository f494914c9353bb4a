"""A reader: does what another service may do that hears of a patient, and asks for that patient at once."""

import threading

from hamcrest import assert_that

from bdd.api.client import ApiClient
from bdd.api.exchange import Exchange
from bdd.domain.patients import Patient
from bdd.domain.responses import could_read
from bdd.system.waiting import wait_until
from bdd.verdict.event import Event
from bdd.verdict.observer import Observer

_LOOK_FOR_TROUBLE_SECONDS = 0.1


class Reader:
    """Waits in the background for the scenario's next event, and reads its patient the moment it comes.

    An event that is published before its change is committed sends whoever hears it to the old state.

    Args:
        api: what the reader asks.
        observer: the scenario's.
        timeout: how many seconds the event may take.
    """

    def __init__(self, api: ApiClient, observer: Observer, timeout: float) -> None:
        self._api = api
        self._observer = observer
        self._timeout = timeout
        self._after = observer.recorder.cursor
        self._seen: tuple[Event, Exchange] | None = None
        self._fault: AssertionError | None = None
        self._thread = threading.Thread(target=self._run, name="reader", daemon=True)
        self._thread.start()

    def check(self, patient: Patient) -> None:
        """Check that the reader found what the event says: the patient as it is now, or that there is none.

        Raises:
            AssertionError: it found something else, or no event came.
        """
        self._thread.join()
        if self._fault:
            raise self._fault
        assert self._seen, "the reader has broken"
        event, exchange = self._seen
        data = None if event.type == "patient.deleted" else patient.data
        assert_that(exchange, could_read(patient.id, data), f"{event} came before its change could be read")

    def _run(self) -> None:
        try:
            event = wait_until(
                self._first_event,
                description="the reader's event",
                timeout=self._timeout,
                abort_if=self._observer.trouble,
                sleep=lambda seconds: self._observer.recorder.wait_for_more(self._looked_to, seconds),
                interval=_LOOK_FOR_TROUBLE_SECONDS,
            )
            key = (event.record.key or b"").decode(errors="replace")
            self._seen = event, self._api.send("GET", f"/api/patients/{key}")
        except AssertionError as error:
            self._fault = error

    def _first_event(self) -> Event:
        """Not only of those that nobody has claimed: the scenario's own steps look for it at the same time."""
        self._looked_to = self._observer.recorder.cursor
        for event in self._observer.ledger.events(self._after, self._looked_to):
            if self._observer.ledger.owner(event.record) is self._observer.scenario_log:
                return event
        raise AssertionError("no event of this scenario has come")
