from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from reference.patient_service.app import create_app
from reference.patient_service.database import Database, open_database
from reference.patient_service.relay import OutboxRelay
from tests.unit.reference.fakes import FakeBroker


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(f"sqlite:///{tmp_path / 'patients.db'}")
    yield database
    database.close()


@pytest.fixture
def broker() -> FakeBroker:
    return FakeBroker()


@pytest.fixture
def relay(database: Database, broker: FakeBroker) -> OutboxRelay:
    """A relay that is not running: what is published stays in the outbox until a test asks for it."""
    return OutboxRelay(database, broker.new_producer)


@pytest.fixture
def api(database: Database, relay: OutboxRelay) -> FlaskClient:
    return create_app(database, relay).test_client()
