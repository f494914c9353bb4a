"""The world: one scenario's state and actions. Each scenario has its own; `world(context)` returns it."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from behave.runner import Context

from bdd.api.client import ApiClient, NoResponse
from bdd.api.exchange import Exchange
from bdd.domain.patients import PATIENTS, Patient, Value, as_json, stored_data
from bdd.domain.reader import Reader
from bdd.verdict.expectation import Expectation
from bdd.verdict.observer import Observer
from bdd.verdict.scenario_log import Request

_PARALLEL = 16


@dataclass
class World:
    """One scenario: its patients, its requests, and the events that they must publish.

        world.create_patient(synthetic_data(world.mark))   # expects patient.created
        world.update_patient(world.patient, {"status": "in Therapie"})
        exchange = world.send("GET", world.patient.path)
        check_published(world.observer, "patient.updated", world.deadline())

    Attributes:
        observer: the scenario's view of what was published.
        topics: requests the brokers' topics: name -> number of partitions.
        default_deadline: seconds to wait for an event if a step names none.
        deadline_factor: every deadline is multiplied by it.
        began: the journal's cursor when the scenario began.
        step: the current step's sentence.
        after: the journal's cursor when the last action began.
        patients: those of the scenario, in the order of their creation.
        model_seed: the seed of the random programs.
        model_programs: the number of random programs.
        counterexample: the message about a random program that contradicts the model, empty if none does, None
            before they are played.
        reader: the service that reads a patient as soon as its event arrives, None without one.
        console_notes: lines to print when the scenario has ended.
        plans: the actions that clients will carry out at the same time: client's number -> steps.
    """

    api: ApiClient
    observer: Observer
    topics: Callable[[], Mapping[str, int]]
    default_deadline: float
    deadline_factor: float
    began: int = 0
    step: str = ""
    after: int = 0
    patients: list[Patient] = field(default_factory=list)
    model_seed: int = 1
    model_programs: int = 1
    counterexample: str | None = None
    reader: Reader | None = None
    console_notes: list[str] = field(default_factory=list)
    plans: dict[int, list[str]] = field(default_factory=dict)

    @property
    def mark(self) -> str:
        """The text that all of the scenario's test data contains."""
        return self.observer.scenario_log.mark

    @property
    def exchanges(self) -> list[Exchange]:
        """The scenario's requests and responses, oldest first."""
        return [each.exchange for each in self.observer.scenario_log.requests]

    @property
    def patient(self) -> Patient:
        """The patient that the steps mean: the last one."""
        assert self.patients, "this scenario has no patient yet: begin it with “Given a patient”"
        return self.patients[-1]

    @property
    def existing(self) -> list[dict[str, object]]:
        """The scenario's patients that are not deleted, as the service should return them."""
        return [{"id": each.id, **each.data} for each in self.patients if not each.deleted]

    @property
    def response(self) -> Exchange:
        """The service's last response."""
        assert self.exchanges, "this scenario has sent no request yet"
        return self.exchanges[-1]

    def deadline(self, seconds: float | None = None) -> float:
        """Return the seconds to wait: the step's or the default, scaled for slow machines."""
        return (self.default_deadline if seconds is None else seconds) * self.deadline_factor

    def start_reader(self) -> None:
        """Start a reader, which reads the patient of the scenario's next event as soon as the event arrives."""
        step = self.step
        self.reader = Reader(
            lambda path: self._send("GET", path, None, step, self.observer.recorder.cursor),
            self.observer,
            self.deadline(),
        )

    def send(self, method: str, path: str, body: str | None = None) -> Exchange:
        """Send a request as the scenario's latest action, and keep it for the messages and the evidence.

        Args:
            method: the HTTP method.
            path: the path below the service's address.
            body: the body, sent as JSON.

        Raises:
            NoResponse: the service did not respond.
            AssertionError: the platform or the recorder has broken; the request was not sent.
        """
        self.after = after = self.observer.recorder.cursor
        return self._send(method, path, body, self.step, after)

    def _send(self, method: str, path: str, body: str | None, step: str, after: int) -> Exchange:
        """Send every request: those sent in parallel too, and the reader's, which is not an action."""
        assert not (trouble := self.observer.trouble()), f"{trouble}: {method} {path} was not sent any more"
        requests = self.observer.scenario_log.requests
        try:
            exchange = self.api.send(method, path, body)
        except NoResponse as error:
            requests.append(Request(step, after, error.exchange))
            raise
        requests.append(Request(step, after, exchange))
        return exchange

    def create_patient(self, data: Mapping[str, Value]) -> Exchange:
        """Create a patient; if the service accepts it, a patient.created event is expected."""
        return self.create_patients([data])[0]

    def create_patients(self, all_data: Sequence[Mapping[str, Value]]) -> Sequence[Exchange]:
        """Create patients in parallel; for each that the service accepts, a patient.created event is expected."""
        self.after = after = self.observer.recorder.cursor

        def create(data: Mapping[str, Value]) -> Exchange:
            return self._send("POST", PATIENTS, as_json(data), self.step, after)

        with ThreadPoolExecutor(min(_PARALLEL, len(all_data))) as pool:
            sent = [pool.submit(create, data) for data in all_data]
        # Not pool.map: after one request without a response it would not send the rest.
        exchanges = [each.result() for each in sent]
        for exchange, data in zip(exchanges, all_data, strict=True):
            if exchange.accepted:
                patient = Patient(_id_in(exchange), stored_data(data))
                self.add(patient)
                self._expect("patient.created", patient, exchange)
        return exchanges

    def update_patient(self, patient: Patient, changes: Mapping[str, Value]) -> Exchange:
        """Change fields of a patient; if the service accepts it, a patient.updated event is expected."""
        exchange = self.send("PUT", patient.path, as_json(changes))
        if exchange.accepted:
            before = patient.event_payload("patient.updated")
            patient.data.update(changes)
            self._expect("patient.updated", patient, exchange, before)
        return exchange

    def delete_patient(self, patient: Patient) -> Exchange:
        """Delete a patient; if the service accepts it, a patient.deleted event is expected."""
        exchange = self.send("DELETE", patient.path)
        if exchange.accepted:
            patient.deleted = True
            self._expect("patient.deleted", patient, exchange)
        return exchange

    def add(self, patient: Patient) -> None:
        """Make the patient, and every event about it from now on, part of the scenario."""
        self.patients.append(patient)
        self.observer.ledger.watch_key(self.observer.scenario_log, patient.key)

    def _expect(
        self, event_type: str, patient: Patient, exchange: Exchange, before: Mapping[str, object] | None = None
    ) -> None:
        self.observer.scenario_log.expectations.append(
            Expectation(
                event_type=event_type,
                key=patient.key,
                payload=patient.event_payload(event_type),
                step=self.step,
                after=self.after,
                requested_at=exchange.sent_at,
                request=str(exchange),
                before=before,
            )
        )

    def close(self) -> None:
        """Check that a scenario that has passed is complete.

        Raises:
            AssertionError: clients have plans that no step has carried out.
        """
        assert not self.plans, (
            "clients have plans that were not carried out: “And all clients do this at the same time”"
        )

    def part(self, name: str) -> "World":
        """Return a world with a scenario log of its own, for a part of this scenario that gets its own verdict."""
        mine = self.observer.scenario_log
        scenario_log = self.observer.ledger.open_scenario_log(f"{mine.scenario}, {name}", mine.location)
        observer = replace(self.observer, scenario_log=scenario_log)
        return replace(self, observer=observer, began=observer.recorder.cursor, patients=[])


def world(context: Context) -> World:
    """Return the world of the scenario that runs."""
    found = context.world
    assert isinstance(found, World)
    return found


def _id_in(exchange: Exchange) -> int:
    body = exchange.json
    assert isinstance(body, dict), f"{exchange}: the response is not a patient: {exchange.body[:200]}"
    assert type(body.get("id")) is int, (
        f"{exchange}: the response has no id that is an integer: {exchange.body[:200]}"
    )
    return int(body["id"])
