"""The world: one scenario's state and actions. Each scenario has its own; `world(context)` returns it."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from behave.runner import Context

from bdd.api.client import ApiClient, NoResponse
from bdd.api.exchange import Exchange
from bdd.contracts.differences import NOT_JSON, OTHER_FORM, WITHOUT, Difference
from bdd.contracts.event import Event
from bdd.domain.entity import Entity
from bdd.domain.outage import TAG, DatabaseSwitch
from bdd.domain.reader import Reader
from bdd.domain.resource import Data, Resource
from bdd.domain.resources import resources
from bdd.domain.test_data import as_json, made_by_service, not_made, stored, unused_id
from bdd.system.waiting import WaitAborted, wait_until
from bdd.verdict.expectation import Expectation
from bdd.verdict.observer import Observer
from bdd.verdict.scenario_log import Request
from bdd.verdict.symptom import Unmet, no_response, of_response, refused_request

_PARALLEL = 16
_BACK_SECONDS, _BACK_INTERVAL = 30.0, 0.1
_GONE_TRIES = 30  # a service that takes no connection for so long does not do so a little later either


@dataclass
class World:
    """One scenario: its entities, its requests, and the events that they must publish.

        patients = resources()["patient"]
        world.create(patients, example(patients, world.mark))   # expects patient.created
        world.update(world.the(patients), {"status": "in Therapie"})
        exchange = world.send(patients, "GET", world.the(patients).path)
        check_published(world.observer, "patient.updated", world.deadline())

    Attributes:
        clients: the clients of the platform's services: name -> client.
        absent: the services that the platform does not have: name -> why.
        observer: the scenario's view of what was published.
        topics: requests the brokers' topics: name -> number of partitions.
        default_deadline: seconds to wait for an event if a step names none.
        deadline_factor: every deadline is multiplied by it.
        database: takes the platform's database away, None where the run cannot do that.
        began: the journal's cursor when the scenario began.
        step: the current step's sentence.
        after: the journal's cursor when the last action began.
        entities: those of the scenario, in the order of their creation.
        model_seed: the seed of the random programs.
        model_programs: the number of random programs.
        programs_are_played: whether the random programs have been played.
        counterexample: the error about a random program that contradicts the model, None if none does.
        reader: the service that reads an entity as soon as its event arrives, None without one.
        console_notes: lines to print when the scenario has ended.
        plans: the actions that clients will carry out at the same time: client's number -> steps.
    """

    clients: Mapping[str, ApiClient]
    absent: Mapping[str, str]
    observer: Observer
    topics: Callable[[], Mapping[str, int]]
    default_deadline: float
    deadline_factor: float
    database: DatabaseSwitch | None = None
    began: int = 0
    step: str = ""
    after: int = 0
    entities: list[Entity] = field(default_factory=list)
    model_seed: int = 1
    model_programs: int = 1
    programs_are_played: bool = False
    counterexample: Unmet | None = None
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

    def the(self, resource: Resource) -> Entity:
        """Return the entity that the steps mean: the last one of the resource."""
        known = [each for each in self.entities if each.resource is resource]
        if not known:
            raise self._there_is_no(resource)
        return known[-1]

    def _there_is_no(self, resource: Resource) -> AssertionError:
        creations = (each for each in self.exchanges if (each.method, each.path) == ("POST", resource.path))
        if refused := next((each for each in creations if not each.accepted), None):
            why = f"its creation was refused: {refused}: {refused.in_brief}"
            symptom = refused_request(resource.noun, refused)
            message = f"there is no {resource.noun}, for {why}\n          next:     {symptom.advice}"
            return Unmet(message, [symptom])
        return AssertionError(f"this scenario has no {resource.noun} yet: begin it with “Given a {resource.noun}”")

    def existing(self, resource: Resource) -> list[Entity]:
        """Return the scenario's entities of a resource that are not deleted."""
        return [each for each in self.entities if each.resource is resource and not each.deleted]

    @property
    def response(self) -> Exchange:
        """The service's last response."""
        assert self.exchanges, "this scenario has sent no request yet"
        return self.exchanges[-1]

    def deadline(self, seconds: float | None = None) -> float:
        """Return the seconds to wait: the step's or the default, scaled for slow machines."""
        return (self.default_deadline if seconds is None else seconds) * self.deadline_factor

    def start_reader(self, resource: Resource) -> None:
        """Start a reader, which reads the entity of the scenario's next event as soon as the event arrives."""
        step = self.step
        self.reader = Reader(
            resource,
            lambda path: self._send(resource, "GET", path, None, step=step, after=self.observer.recorder.cursor),
            self.observer,
            self.deadline(),
        )

    def send(self, resource: Resource, method: str, path: str, body: str | None = None) -> Exchange:
        """Send a request as the scenario's latest action, and keep it for the messages and the evidence.

        Args:
            resource: what the request is about; it chooses the service.
            method: the HTTP method.
            path: the path below the service's address.
            body: the body, sent as JSON.

        Raises:
            NoResponse: the service did not respond.
            AssertionError: the platform or the recorder has broken; the request was not sent.
        """
        self.after = after = self.observer.recorder.cursor
        return self._send(resource, method, path, body, step=self.step, after=after)

    def _send(
        self, resource: Resource, method: str, path: str, body: str | None, *, step: str, after: int
    ) -> Exchange:
        """Send every request: those sent in parallel too, and the reader's, which is not an action."""
        assert not (trouble := self.observer.trouble()), f"{trouble}: {method} {path} was not sent any more"
        service, publishes = resource.service.name, resource.publishable(method)
        assert service in self.clients, f"the platform has no {service}: {self.absent[service]}"
        requests = self.observer.scenario_log.requests
        try:
            exchange = self.clients[service].send(method, path, body)
            if self.database and self.database.away:
                exchange = replace(exchange, in_outage=True)
        except NoResponse as error:
            error.symptoms = [no_response(service)]
            requests.append(Request(step, after, error.exchange, publishes, resource.noun))
            raise
        requests.append(Request(step, after, exchange, publishes, resource.noun))
        return exchange

    def create(self, resource: Resource, data: Data) -> Exchange:
        """Create an entity; if the service accepts it, the event of a creation is expected."""
        return self.create_several(resource, [data])[0]

    def create_several(self, resource: Resource, all_data: Sequence[Data]) -> Sequence[Exchange]:
        """Create entities in parallel; for each that the service accepts, the event of a creation is expected."""
        self.after = after = self.observer.recorder.cursor

        def create(data: Data) -> Exchange:
            return self._send(resource, "POST", resource.path, as_json(data), step=self.step, after=after)

        with ThreadPoolExecutor(min(_PARALLEL, len(all_data))) as pool:
            sent = [pool.submit(create, data) for data in all_data]
        # Not pool.map: after one request without a response it would not send the rest.
        exchanges = [each.result() for each in sent]
        for exchange, data in zip(exchanges, all_data, strict=True):
            if exchange.accepted:
                entity = _created(exchange, resource, data)
                self.add(entity)
                self._expect(entity, exchange, before={})
        return exchanges

    def update(self, entity: Entity, changes: Data) -> Exchange:
        """Change fields of an entity; if the service accepts it, the event of that change is expected.

        Fields that an entity does not have change nothing.
        """
        exchange = self.send(entity.resource, "PUT", entity.path, as_json(changes))
        if exchange.accepted:
            before = dict(entity.data)
            known = {name: value for name, value in changes.items() if name in before}
            entity.data |= {**known, **made_by_service(entity.resource, _parsed(exchange))}
            self._expect(entity, exchange, before)
        return exchange

    def delete(self, entity: Entity) -> Exchange:
        """Delete an entity; if the service accepts it, the event of a deletion is expected, where there is one."""
        exchange = self.send(entity.resource, "DELETE", entity.path)
        if exchange.accepted:
            entity.deleted = True
            self._expect(entity, exchange, before=entity.data)
        return exchange

    def add(self, entity: Entity) -> None:
        """Make the entity, and every event about it from now on, part of the scenario."""
        self.entities.append(entity)
        self.observer.ledger.watch(self.observer.scenario_log, entity.subject)

    def _expect(self, entity: Entity, exchange: Exchange, before: Data) -> None:
        event_type = entity.resource.published(exchange.method, before, entity.data)
        if event_type is None:
            return
        self.observer.scenario_log.expectations.append(
            Expectation(
                event_type=event_type,
                key=entity.key,
                payload=entity.payload(event_type),
                step=self.step,
                after=self.after,
                requested_at=exchange.sent_at,
                request=str(exchange),
                response=exchange.body,
                before=replace(entity, data=dict(before)).payload(event_type) if before else None,
            )
        )

    def events(self) -> list[Event]:
        """Return the scenario's events as they are in Kafka, whatever the suite expects, oldest first."""
        events = self.observer.await_fence(self.began).events
        assert events, "no event of this scenario was recorded: let a step before this one see that it is published"
        return events

    def newest_event(self) -> Event:
        """Return the newest event as it came first; that it came again is for other steps and the audit to find."""
        *_, newest = events = self.events()
        return next(event for event in events if (event.id, event.type) == (newest.id, newest.type))

    def take_database_away(self) -> None:
        """Take the platform's database away, until `bring_database_back` or the scenario's end.

        Raises:
            AssertionError: it could not be taken away.
        """
        assert self.database, f"a scenario without the tag @{TAG} cannot take the database away"
        self.observer.ledger.outages.begin()
        self.database.take_away()

    def bring_database_back(self) -> None:
        """Bring the platform's database back, and return when each service can use it again.

        Raises:
            AssertionError: it could not be brought back, or a service answers 5xx for half a minute.
        """
        if not (self.database and self.database.away):
            return
        self.database.bring_back()
        for resource in resources().values():
            if client := self.clients.get(resource.service.name):
                self._await_service(resource, client)
        self.observer.ledger.outages.end()

    def _await_service(self, resource: Resource, client: ApiClient) -> None:
        path, silent = f"{resource.path}/{unused_id()}", 0

        def answers() -> None:
            nonlocal silent
            try:
                status = client.send("GET", path).status or 0
            except NoResponse as error:
                error.symptoms = [no_response(resource.service.name)]
                silent += 1
                if silent == _GONE_TRIES:
                    raise WaitAborted(str(error)) from error
                raise
            silent = 0
            assert status < HTTPStatus.INTERNAL_SERVER_ERROR, f"GET {path} -> {status}"

        wait_until(
            answers,
            description=f"the service at {client.url}, whose database is back",
            timeout=_BACK_SECONDS * self.deadline_factor,
            abort_if=self.observer.trouble,
            interval=_BACK_INTERVAL,
        )

    def close(self, *, failed: bool) -> None:
        """Stop the reader, bring the database back, and check that a scenario that has passed is complete.

        Args:
            failed: whether a step has failed.

        Raises:
            AssertionError: none has, and clients have plans that no step has carried out.
        """
        if self.reader:
            self.reader.stop()
        self.bring_database_back()
        assert failed or not self.plans, (
            "clients have plans that were not carried out: “And all clients do this at the same time”"
        )

    def part(self, name: str) -> "World":
        """Return a world with a scenario log of its own, for a part of this scenario that gets its own verdict."""
        mine = self.observer.scenario_log
        scenario_log = self.observer.ledger.open_scenario_log(f"{mine.scenario}, {name}", mine.location)
        observer = replace(self.observer, scenario_log=scenario_log)
        return replace(self, observer=observer, began=observer.recorder.cursor, entities=[])


def world(context: Context) -> World:
    """Return the world of the scenario that runs."""
    found = context.world
    assert isinstance(found, World)
    return found


def _parsed(exchange: Exchange) -> object:
    """Return the body, None if it is not JSON, which is for the steps to find."""
    try:
        return exchange.parsed()
    except (ValueError, RecursionError):
        return None


def _created(exchange: Exchange, resource: Resource, sent: Data) -> Entity:
    """Return what a request has created, with what the response says of it."""
    if wrong := _wrong_creation(exchange, resource):
        symptoms = of_response(resource.noun, exchange, [wrong], "correct the service's response")
        raise Unmet(f"{exchange}: the response {wrong}: {exchange.in_brief}", symptoms)
    body = exchange.json
    return Entity(resource, int(body["id"]), stored(resource, sent, body))


def _wrong_creation(exchange: Exchange, resource: Resource) -> Difference | None:
    try:
        body = exchange.parsed()
    except (ValueError, RecursionError) as error:
        return Difference(f"is not JSON ({error})", "", NOT_JSON)
    if not isinstance(body, dict):
        return Difference(f"is not a {resource.noun}", "", OTHER_FORM)
    if type(body.get("id")) is not int:
        return Difference("has no id that is an integer", "id", "without {fields} as an integer")
    if missing := not_made(resource, body):
        return Difference(f"has no {missing[0]}, which the service makes", missing[0], WITHOUT)
    return None
