"""A platform in memory that keeps the contract, or breaks it as a test chooses: an API and a recorder."""

import json
import threading
from collections.abc import Callable, Iterable
from typing import Any

from bdd.api.client import ApiClient
from bdd.api.exchange import Exchange
from bdd.contracts import asyncapi as contract
from bdd.domain.test_data import stored
from bdd.domain.world import World
from bdd.kafka.record import Record
from tests.support.builders import NOW, PATIENTS, SHORT_TIMEOUT, Scene, envelope, record

Publish = Callable[[Record], Iterable[Record]]
"""What really comes in place of an event's record."""

_REQUIRED = ("vorname", "nachname")
_EVENTS = {"POST": "patient.created", "PUT": "patient.updated", "DELETE": "patient.deleted"}


class FakePlatform(ApiClient):
    """Answers as the contract says; each event is in the journal before the answer is there."""

    def __init__(self, publish: Publish = lambda event: [event]) -> None:
        super().__init__("http://127.0.0.1:9")
        self.scene = Scene()
        self.patients: dict[int, dict[str, Any]] = {}
        self._publish = publish
        self._lock = threading.Lock()
        self._last_id = 100

    def world(self) -> World:
        """Return the world of a scenario on this platform."""
        return World(
            clients={PATIENTS.service.name: self},
            absent={},
            observer=self.scene.observer,
            topics=dict,
            default_deadline=SHORT_TIMEOUT,
            deadline_factor=1,
        )

    def send(self, method: str, path: str, body: str | None = None) -> Exchange:
        with self._lock:
            status, answer = self.answer(method, path, json.loads(body or "{}"))
            return Exchange(method, path, body, NOW, 0.001, status, json.dumps(answer))

    def answer(self, method: str, path: str, fields: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Handle the request, and publish its event."""
        patient = self._last_id + 1 if method == "POST" else int(path.rpartition("/")[2])
        if wrong := _wrong_field(method, fields):
            return 400, {"message": f"{wrong} is wrong"}
        if method == "POST":
            self._last_id = patient
            self.patients[patient] = stored(PATIENTS, fields)
        elif patient not in self.patients:
            return 404, {"message": "Patient not found"}
        data = self.patients[patient] = self.patients[patient] | (fields if method == "PUT" else {})
        if method == "DELETE":
            del self.patients[patient]
        self.announce(method, patient, data)
        if method == "DELETE":
            return 200, {"message": "Patient deleted successfully"}
        return 201 if method == "POST" else 200, {"id": patient, **data}

    def announce(self, method: str, patient: int, data: dict[str, Any]) -> None:
        """Publish what was done; a reading request is not."""
        if method in _EVENTS:
            payload = {"patient_id": patient} | ({} if method == "DELETE" else {"patient_data": data})
            event = record(envelope(_EVENTS[method], payload), key=str(patient).encode(), partition=patient % 3)
            self.scene.recorder.journal += self._publish(event)


def _wrong_field(method: str, fields: dict[str, Any]) -> str:
    missing = [name for name in _REQUIRED if method == "POST" and name not in fields]
    known = contract.current().fields("patient.created", "payload", "patient_data")
    wrong = [name for name, value in fields.items() if name not in known or not isinstance(value, str | None)]
    unknown = ["status"] if fields.get("status") == "vielleicht" else []
    return next(iter(missing + wrong + unknown), "")
