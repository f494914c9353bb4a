"""What the integration tests share: one real Kafka broker for all of them, and a patient service for each."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import platformdirs
import pytest
import requests

from bdd.events import contract
from bdd.processes import ChildProcess, free_port
from bdd.stacks.embedded.broker import EmbeddedBroker
from bdd.stacks.embedded.distribution import Distribution, prepare
from bdd.waiting import wait_until
from tests.integration.running import ROOT


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
    url = f"http://127.0.0.1:{free_port()}"
    environment = {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'patients.db'}",
        "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers,
        "PORT": url.rpartition(":")[2],
    }
    command = [sys.executable, "-m", "reference.patient_service"]
    service = ChildProcess.start("service", command, log=tmp_path / "service.log", env=environment, cwd=ROOT)

    def healthy() -> None:
        assert requests.get(f"{url}/health", timeout=5).ok

    wait_until(
        healthy,
        what="the service",
        within=30,
        passing=(AssertionError, requests.RequestException),
        give_up=service.trouble,
    )
    yield url
    service.stop(5)
