from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bdd.api.exchange import Exchange
from bdd.contracts.openapi import ResponseSchemas
from reference.patient_service.service import PATIENT_SERVICE
from reference.shared.app import create_app
from reference.shared.database import Database, open_database
from reference.shared.relay import OutboxRelay
from tests.unit.reference.fakes import FakeBroker

SCHEMAS = ResponseSchemas()


class CheckedClient(FlaskClient):
    """A client that holds every response to the contract; an error that is not in it is JSON with a message."""

    def open(self, *arguments: Any, **options: Any) -> TestResponse:
        response = super().open(*arguments, **options)
        request = response.request
        status, body, content_type = response.status_code, response.text, response.content_type
        exchange = Exchange(request.method, request.path, None, 0, 0, status, body, content_type)
        violations = SCHEMAS.violations(exchange)
        if violations == ["the contract has no such request"] or status >= 500:
            assert content_type == "application/json"
            violations = [] if list(exchange.json) == ["message"] or request.path == "/health" else [body]
        assert violations == [], exchange
        return response


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(f"sqlite:///{tmp_path / 'patients.db'}", PATIENT_SERVICE.table)
    yield database
    database.close()


@pytest.fixture
def broker() -> FakeBroker:
    return FakeBroker()


@pytest.fixture
def relay(database: Database, broker: FakeBroker) -> OutboxRelay:
    """A relay that is not running: what is published stays in the outbox until a test starts it."""
    return OutboxRelay(database, PATIENT_SERVICE.topic, broker.new_producer)


@pytest.fixture
def api(database: Database, relay: OutboxRelay) -> FlaskClient:
    app = create_app(PATIENT_SERVICE, database, relay)
    app.test_client_class = CheckedClient
    return app.test_client()
