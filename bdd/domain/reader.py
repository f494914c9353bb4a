"""A reader: does what another service may do that hears of a patient, and asks for that patient at once."""

import threading

from hamcrest import assert_that

from bdd.api.client import ApiClient, Exchange
from bdd.domain.answers import could_read
from bdd.domain.patients import Patient
from bdd.system.waiting import wait_until
from bdd.verdict.event import Event
from bdd.verdict.observer import Witness

_LOOK_FOR_TROUBLE_SECONDS = 0.1


class Reader:
    """Waits in the background for the scenario's next event, and reads its patient the moment it comes.

    An event that is published before its change is committed sends whoever hears it to the old state.

    Args:
        api: what the reader asks.
        witness: the scenario's.
        within: how many seconds the event may take.
    """

    def __init__(self, api: ApiClient, witness: Witness, within: float) -> None:
        self._api = api
        self._witness = witness
        self._within = within
        self._after = witness.recorder.cursor
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
                what="the reader's event",
                within=self._within,
                give_up=self._witness.trouble,
                pause=lambda seconds: self._witness.recorder.wait_for_more(self._looked_to, seconds),
                every=_LOOK_FOR_TROUBLE_SECONDS,
            )
            key = (event.record.key or b"").decode(errors="replace")
            self._seen = event, self._api.send("GET", f"/api/patients/{key}")
        except AssertionError as fault:
            self._fault = fault

    def _first_event(self) -> Event:
        """Not only of those that nobody has claimed: the scenario's own steps look for it at the same time."""
        self._looked_to = self._witness.recorder.cursor
        for event in self._witness.ledger.events(self._after, self._looked_to):
            if self._witness.ledger.owner(event.record) is self._witness.account:
                return event
        raise AssertionError("no event of this scenario has come")
