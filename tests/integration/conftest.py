"""What the integration tests share: one real Kafka broker for all of them, and a patient service for each."""

import os
from collections.abc import Iterator
from pathlib import Path

import platformdirs
import pytest

from bdd.events import contract
from bdd.stacks.embedded.broker import EmbeddedBroker
from bdd.stacks.embedded.distribution import Distribution, prepare
from tests.integration.running import patient_service


@pytest.fixture(scope="session")
def distribution() -> Distribution:
    """Kafka and Java from the user's own cache, fetched by the first test that needs them."""
    default = platformdirs.user_cache_path("psychotherapy-acceptance")
    return prepare(Path(os.environ.get("BDD_CACHE_DIR", default)), print)


@pytest.fixture(scope="session")
def broker(distribution: Distribution, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBroker]:
    """A broker with the topics of the contract."""
    started = EmbeddedBroker.start(distribution, tmp_path_factory.mktemp("broker") / "kafka")
    try:
        started.wait_ready(within=60)
        started.create_topics(contract.current().partitions)
        yield started
    finally:
        started.kill()


@pytest.fixture
def api_url(tmp_path: Path, broker: EmbeddedBroker) -> Iterator[str]:
    """A patient service on that broker."""
    with patient_service(tmp_path, broker.bootstrap_servers) as url:
        yield url
