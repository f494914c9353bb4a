"""A world on which a Then step can look, and what may have happened in it."""

import json
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from behave.model import Table

from bdd.api.client import ApiClient
from bdd.api.exchange import Exchange
from bdd.domain.world import World
from bdd.verdict.symptom import Unmet
from tests.support.builders import LONG_TIMEOUT, NOW, PATIENTS, SHORT_TIMEOUT, Scene, patient
from tests.support.suite_steps import bound

CREATED, UPDATED, DELETED = "patient.created", "patient.updated", "patient.deleted"


class FakeApi(ApiClient):
    """Gives the same response to every request."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:9")
        self.status = 200
        self.body: object = {}

    def send(self, method: str, path: str, body: str | None = None) -> Exchange:
        return Exchange(method, path, body, NOW, 0.004, self.status, json.dumps(self.body))


class Stage:
    """A world with the patient 5, on which a step can look."""

    def __init__(self) -> None:
        self.scene = Scene()
        self.api = FakeApi()
        self.topics: Mapping[str, int] = {}
        self.world = World(
            clients={PATIENTS.service.name: self.api},
            absent={},
            observer=self.scene.observer,
            topics=lambda: self.topics,
            default_deadline=SHORT_TIMEOUT,
            deadline_factor=1,
            step="Then something is seen",
            entities=[patient(self.scene.scenario_log.mark)],
        )

    @property
    def patient(self) -> dict[str, object]:
        """The patient as the service returns it."""
        return self.world.the(PATIENTS).body


def look(world: World, step: str, rows: Sequence[str] = ()) -> None:
    """Carry out a Then step, with a table of events."""
    table = Table(["event"], rows=[[row] for row in rows])  # type: ignore[no-untyped-call]
    bound("then", step)[1](SimpleNamespace(world=world, table=table))


Act = Callable[[Stage], object]
Body = Callable[[dict[str, Any]], object]
"""Makes the body of a response from the patient."""


def all_of(*acts: Act) -> Act:
    return lambda stage: [act(stage) for act in acts]


def responds(status: int, body: Body = lambda patient: {}, seconds: float = 0.004) -> Act:
    """Let a step have sent a request, with this response after so many seconds."""
    return lambda stage: stage.scene.answer(status, json.dumps(body(stage.patient)), seconds=seconds)


def stores(body: Body) -> Act:
    """Let the service respond so to whatever a step requests."""
    return lambda stage: setattr(stage.api, "body", body(stage.patient))


def deleted(stage: Stage) -> None:
    stage.world.the(PATIENTS).deleted = True


def read(event_type: str, status: int = 200, **changed: object) -> Act:
    """Let an event come to a reader, which finds the patient so."""

    def act(stage: Stage) -> None:
        stage.api.status, stage.api.body = status, stage.patient | changed
        stage.world.default_deadline = LONG_TIMEOUT
        stage.world.start_reader(PATIENTS)
        stage.scene.arrive(stage.scene.event(event_type))

    return act


def expect(event_type: str = CREATED) -> Act:
    return lambda stage: stage.scene.expect(event_type)


def come(event_type: str = CREATED, **changed: Any) -> Act:
    """Let an event arrive; the arguments are those of `Scene.event`."""
    return lambda stage: stage.scene.arrive(stage.scene.event(event_type, **changed))


def seen(event_type: str = CREATED, **changed: Any) -> Act:
    """Let an earlier step have seen an event."""
    return lambda stage: stage.scene.publish_expected(event_type, **changed)


def programs_played(counterexample: str = "") -> Act:
    """Return an act in which random programs were played, with this counterexample if there is one."""

    def act(stage: Stage) -> None:
        stage.world.programs_are_played = True
        stage.world.counterexample = Unmet(counterexample, []) if counterexample else None

    return act


def topics(**existing: int) -> Act:
    return lambda stage: setattr(stage, "topics", {name.replace("_", "-"): n for name, n in existing.items()})


def nothing(_stage: Stage) -> None:
    """Let nothing happen."""
