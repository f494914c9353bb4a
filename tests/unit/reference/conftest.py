from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from reference.patient_service.service import PATIENT_SERVICE
from reference.shared.app import create_app
from reference.shared.database import Database, open_database
from reference.shared.relay import OutboxRelay
from reference.shared.service import Service
from reference.therapist_service.service import THERAPIST_SERVICE
from tests.unit.reference.fakes import FakeBroker
from tests.unit.reference.served import CheckedClient, Served


@pytest.fixture(params=[PATIENT_SERVICE, THERAPIST_SERVICE], ids=lambda service: service.rules.noun)
def service(request: pytest.FixtureRequest) -> Service:
    """Each service in turn; a module that is about one of them has a fixture of the same name."""
    chosen: Service = request.param
    return chosen


@pytest.fixture
def database(service: Service, tmp_path: Path) -> Iterator[Database]:
    database = open_database(f"sqlite:///{tmp_path / 'service.db'}", service.table)
    yield database
    database.close()


@pytest.fixture
def broker() -> FakeBroker:
    return FakeBroker()


@pytest.fixture
def relay(service: Service, database: Database, broker: FakeBroker) -> OutboxRelay:
    """A relay that is not running: what is published stays in the outbox until a test starts it."""
    return OutboxRelay(database, service.topic, broker.new_producer)


@pytest.fixture
def api(service: Service, database: Database, relay: OutboxRelay) -> FlaskClient:
    app = create_app(service, database, relay)
    app.test_client_class = CheckedClient
    return app.test_client()


@pytest.fixture
def served(service: Service, api: FlaskClient, database: Database) -> Served:
    return Served(service, api, database)
