"""The platform that runs in Docker, seen from this machine over the broker's EXTERNAL listener.

It writes one synthetic patient and deletes it again. Left out where no platform runs, and where a client on this
machine cannot read: the reason is the diagnosis. ACCEPTANCE_PROJECT names the project, where several run; one that
was named and is not there is a failure.
"""

import os

import pytest

from bdd.commands.doctor.round_trip import try_event
from bdd.containers.console import find_running_platform
from bdd.containers.discovery import Platform, address_from_here, find_platform
from bdd.containers.engine import ContainersError, connect, translated_errors
from bdd.kafka.client_settings import client_settings
from bdd.kafka.connection.advice import explain
from bdd.kafka.connection.diagnosis import Diagnosis, diagnose
from bdd.settings.settings import Settings, load_settings
from bdd.stacks.checks.brokers import check_topics
from bdd.stacks.lifetime import started_stack
from tests.support.running import DEADLINE_FACTOR


@pytest.fixture(scope="module")
def platform() -> Platform:
    project = os.environ.get("ACCEPTANCE_PROJECT") or None
    try:
        with translated_errors():
            found, _ = find_running_platform(connect(), project)
            return find_platform(connect(), load_settings({"stack": "attached", "project": found}))
    except ContainersError as error:
        reason = " ".join(str(error).split())
        if project:
            pytest.fail(f"ACCEPTANCE_PROJECT={project}: {reason}", pytrace=False)
        pytest.skip(reason)


@pytest.fixture(scope="module")
def settings(platform: Platform) -> Settings:
    address = address_from_here(platform.broker)
    if address is None:
        pytest.skip(f"{platform.broker.name} publishes no port: only clients on its network can connect")
    given = {"stack": "remote", "api_url": platform.services["patient-service"].url, "bootstrap_servers": address}
    return load_settings(given | {"deadline_factor": str(DEADLINE_FACTOR)})


@pytest.fixture(scope="module")
def diagnosis(settings: Settings) -> Diagnosis:
    servers = settings.bootstrap_servers or ""
    found = diagnose(servers, client_settings(servers, settings))
    if not found.sound:
        pytest.skip(explain(found).splitlines()[0])
    return found


def test_every_topic_of_the_contract_is_there(diagnosis: Diagnosis, settings: Settings) -> None:
    assert check_topics(diagnosis.topics, settings.bootstrap_servers or "")


def test_the_events_of_a_patient_show_up(diagnosis: Diagnosis, settings: Settings) -> None:
    with started_stack(settings) as stack:
        report = try_event(stack, settings, lambda resource: f"docker compose logs {resource.service.name}")
    assert "patient.created at patient-events/" in report
    assert "patient.deleted at patient-events/" in report
