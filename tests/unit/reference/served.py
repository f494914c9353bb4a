"""A service as the tests use it: its API, whose responses are held to the contract, and its outbox."""

import json
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from bdd.api.exchange import Exchange
from bdd.contracts.asyncapi import read_contract
from bdd.contracts.event import read_event
from bdd.contracts.event_schemas import EventSchemas
from bdd.contracts.openapi import NO_SUCH_REQUEST, Api, Apis
from bdd.system.paths import ASYNCAPI, OPENAPI
from reference.shared.database import Database
from reference.shared.models import OutboxEntry
from reference.shared.service import Service
from tests.support.builders import record

NAMES = {"vorname": "Test", "nachname": "Probe"}
EVENTS = EventSchemas(read_contract(ASYNCAPI))
API_CONTRACTS = {"patient": OPENAPI, "therapist": OPENAPI.with_name("therapists.openapi.yaml")}
RESPONSES = Apis(map(Api, API_CONTRACTS.values()))


class CheckedClient(FlaskClient):
    """A client that holds every response to the contract; an error that is not in it is JSON with a message."""

    def open(self, *arguments: Any, **options: Any) -> TestResponse:
        response = super().open(*arguments, **options)
        request = response.request
        status, body, content_type = response.status_code, response.text, response.content_type
        exchange = Exchange(request.method, request.path, None, 0, 0, status, body, content_type)
        violations: list[str] = [*RESPONSES.violations(exchange)]
        if violations == [NO_SUCH_REQUEST] or status >= 500:
            assert content_type == "application/json"
            violations = [] if list(exchange.json) == ["message"] or request.path == "/health" else [body]
        assert violations == [], exchange
        return response


@dataclass(frozen=True)
class Served:
    """A service, its client and its database."""

    service: Service
    api: FlaskClient
    database: Database

    @property
    def path(self) -> str:
        return self.service.path

    @property
    def noun(self) -> str:
        return self.service.rules.noun

    @property
    def full(self) -> dict[str, str]:
        """Data for all fields; the status is none that blocks."""
        texts = {name: f"{name} Müster" for name in self.service.rules.required + self.service.rules.optional}
        return {**texts, "status": list(self.service.rules.statuses)[-1]}

    def create(self, **fields: object) -> dict[str, Any]:
        response = self.api.post(self.path, json={**NAMES, **fields})
        assert response.status_code == 201
        return dict(response.json or {})

    def change(self, **fields: object) -> dict[str, Any]:
        """Change the first one."""
        response = self.api.put(f"{self.path}/1", json=fields)
        assert response.status_code == 200
        return dict(response.json or {})

    def all(self) -> Any:
        return self.api.get(self.path).json

    def events(self) -> list[dict[str, Any]]:
        """Return the events in the outbox, each of which keeps the contract."""
        with self.database.reading() as session:
            entries = session.scalars(select(OutboxEntry).order_by(OutboxEntry.id)).all()
        for each in entries:
            sent = record(each.value.encode(), topic=self.service.topic, key=each.key.encode())
            assert EVENTS.violations(read_event(sent)) == []
        return [json.loads(each.value) for each in entries]

    def returned(self, event: dict[str, Any]) -> dict[str, Any]:
        """Return what an event has of the resource, as the API returns it."""
        payload = event["payload"]
        return {"id": payload[f"{self.noun}_id"], **payload[f"{self.noun}_data"]}
