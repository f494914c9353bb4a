"""A world on which a Then step can look, and what may have happened in it."""

import json
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

from behave.model import Table

from bdd.api.client import ApiClient
from bdd.api.exchange import Exchange
from bdd.domain.patients import Patient, stored_data, synthetic_data
from bdd.domain.world import World
from tests.support.builders import LONG_TIMEOUT, NOW, SHORT_TIMEOUT, Scene, record
from tests.support.suite_steps import bound

CREATED, UPDATED, DELETED = "patient.created", "patient.updated", "patient.deleted"


class FakeApi(ApiClient):
    """Gives the same answer to every request."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:9")
        self.status = 200
        self.answer: object = {}

    def send(self, method: str, path: str, body: str | None = None) -> Exchange:
        return Exchange(method, path, body, NOW, 0.004, self.status, json.dumps(self.answer))


class Stage:
    """A world with the patient 5, on which a step can look."""

    def __init__(self) -> None:
        self.scene = Scene()
        self.api = FakeApi()
        self.topics = {"patient-events": 3}
        self.world = World(
            api=self.api,
            observer=self.scene.observer,
            topics=lambda: self.topics,
            default_deadline=SHORT_TIMEOUT,
            deadline_factor=1,
            step="Then something is seen",
            patients=[Patient(5, stored_data(synthetic_data(self.scene.scenario_log.mark)))],
        )

    @property
    def patient(self) -> dict[str, object]:
        """The patient as the service answers it."""
        return {"id": 5, **self.world.patient.data}

    def answer(self, status: int, body: object) -> None:
        self.scene.answer(status, json.dumps(body))

    def seen(self, event_type: str = CREATED, **place: Any) -> None:
        """Let an earlier step have seen an event."""
        self.scene.publish_expected(event_type, **place)

    def look(self, step: str, rows: Sequence[str]) -> None:
        table = Table(["event"], rows=[[row] for row in rows])  # type: ignore[no-untyped-call]
        bound("then", step)[1](SimpleNamespace(world=self.world, table=table))


Set = Callable[[Stage], object]


def all_of(*acts: Set) -> Set:
    return lambda stage: [act(stage) for act in acts]


def answer(status: int, body: object = None) -> Set:
    return lambda stage: stage.answer(status, body)


def patient_with(**changed: object) -> Set:
    return lambda stage: stage.answer(200, stage.patient | changed)


def listed(*statuses: str) -> Set:
    """A list of patients; the last one is the scenario's."""
    last = len(statuses) + 4
    return lambda stage: stage.answer(
        200, [stage.patient | {"id": last - n, "status": status} for n, status in enumerate(statuses)]
    )


def listed_twice(stage: Stage) -> None:
    stage.answer(200, [stage.patient, stage.patient])


def still_has(**changed: object) -> Set:
    def serve(stage: Stage) -> None:
        stage.api.answer = stage.patient | changed

    return serve


def kept(change: Callable[[dict[str, object]], object]) -> Set:
    """Let the service list what is made of the patient."""

    def serve(stage: Stage) -> None:
        stage.api.answer = change(stage.patient)

    return serve


def deleted(stage: Stage) -> None:
    stage.world.patients[0].deleted = True


def read(event_type: str, status: int = 200, **changed: object) -> Set:
    """Let a reader hear of an event, and find the patient so."""

    def act(stage: Stage) -> None:
        stage.api.status, stage.api.answer = status, stage.patient | changed
        stage.world.default_deadline = LONG_TIMEOUT
        stage.world.start_reader()
        stage.scene.arrive(stage.scene.event(event_type))

    return act


def expect(event_type: str = CREATED, times: int = 1) -> Set:
    return lambda stage: [stage.scene.expect(event_type) for _ in range(times)]


def come(event_type: str = CREATED, times: int = 1, **place: Any) -> Set:
    return lambda stage: stage.scene.arrive(*(stage.scene.event(event_type, **place) for _ in range(times)))


def comes_with(change: Callable[[dict[str, Any]], object]) -> Set:
    return lambda stage: stage.scene.arrive(stage.scene.event(change=change))


def seen(event_type: str = CREATED, **place: Any) -> Set:
    return lambda stage: stage.seen(event_type, **place)


def topics(**existing: int) -> Set:
    def create(stage: Stage) -> None:
        stage.topics = {name.replace("_", "-"): count for name, count in existing.items()}

    return create


def edited(**changes: object) -> Set:
    """Change an event after it has been seen: the contract's own checks would not let it be seen so."""

    def edit(stage: Stage) -> None:
        stage.seen()
        claim = stage.scene.scenario_log.claims()[-1]
        claim.fields.update(changes)

    return edit


def shows(**data: object) -> Set:
    return edited(payload={"patient_id": 5, "patient_data": data})


def seen_with_key(key: bytes) -> Set:
    """The key is checked when an event is claimed: only another patient's event has another key by then."""

    def see(stage: Stage) -> None:
        stage.seen()
        claim = stage.scene.scenario_log.claims()[-1]
        stage.scene.scenario_log.expectations[-1].claim = type(claim)(record(claim.fields, key=key), claim.fields)

    return see


def in_two_partitions(stage: Stage) -> None:
    """The ledger claims no event from a second partition: such a claim has to be made here."""
    stage.seen()
    stage.seen(UPDATED)
    claim = stage.scene.scenario_log.claims()[-1]
    stage.scene.scenario_log.expectations[-1].claim = type(claim)(record(claim.fields, partition=2), claim.fields)


def same_id(stage: Stage) -> None:
    stage.seen()
    stage.seen(UPDATED)
    first, second = stage.scene.scenario_log.claims()
    second.fields["eventId"] = first.id


def nothing(_stage: Stage) -> None:
    """What a world is like in which nothing has happened."""
