"""The relay, which sends events from the outbox to Kafka, with a broker in memory."""

import logging
from collections.abc import Callable, Iterator

import pytest
from confluent_kafka import KafkaError
from flask.testing import FlaskClient
from sqlalchemy import select, text

from bdd.system.waiting import wait_until
from reference.patient_service.service import PATIENT_SERVICE
from reference.shared import relay as relay_module
from reference.shared.database import Database
from reference.shared.models import OutboxEntry
from reference.shared.relay import OutboxRelay
from reference.shared.service import Service
from tests.support.builders import LONG_TIMEOUT
from tests.unit.reference.fakes import FakeBroker, attempted, end

REFUSED = KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART)
FATAL = KafkaError(KafkaError._FATAL, "Probe", True)


@pytest.fixture
def service() -> Service:
    """One is enough: all have the same relay."""
    return PATIENT_SERVICE


def store(database: Database, *values: str) -> None:
    with database.writing() as session:
        for value in values:
            session.add(OutboxEntry(event_id="id", event_type="patient.updated", key="7", value=value))
            session.flush()
        session.commit()


def left_over(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(OutboxEntry.value).order_by(OutboxEntry.id)))


def expect(broker: FakeBroker, *values: str) -> None:
    def taken() -> None:
        assert broker.values == list(values)

    wait_until(taken, description="the broker has taken the events", timeout=LONG_TIMEOUT)


@pytest.fixture
def waking(relay: OutboxRelay, monkeypatch: pytest.MonkeyPatch) -> Iterator[OutboxRelay]:
    """A relay that only a commit or a short pause after a failure can wake, once it is started."""
    monkeypatch.setattr(relay_module, "BETWEEN_CALLBACKS", 600.0)
    monkeypatch.setattr(relay_module, "PAUSE_AFTER_FAILURE", 0.01)
    yield relay
    end(relay)


@pytest.fixture
def running(waking: OutboxRelay) -> OutboxRelay:
    waking.start()
    return waking


def test_events_go_to_the_topic_in_order_with_their_keys(
    database: Database, broker: FakeBroker, relay: OutboxRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_module, "BATCH", 3)
    values = [str(number) for number in range(10)]
    store(database, *values)

    relay.publish_waiting()

    assert broker.records == [("patient-events", "7", value) for value in values]
    assert left_over(database) == []


@pytest.mark.parametrize(
    "fail",
    [
        lambda broker: broker.refusals.update(three=REFUSED),
        lambda broker: setattr(broker.producers[0], "fatal", FATAL),
    ],
    ids=["refused", "fatal"],
)
def test_after_an_error_a_new_producer_sends_the_rest_in_order(
    fail: Callable[[FakeBroker], None], database: Database, broker: FakeBroker, running: OutboxRelay
) -> None:
    store(database, "one")
    running.wake()
    expect(broker, "one")
    fail(broker)
    store(database, "two", "three", "four")
    running.wake()

    expect(broker, "one", "two", "three", "four")
    assert [producer.purged for producer in broker.producers] == [True, False]


def test_what_an_earlier_run_left_over_is_sent_first(database: Database, broker: FakeBroker) -> None:
    broker.is_away = True
    earlier = OutboxRelay(database, "patient-events", broker.new_producer)
    earlier.start()
    store(database, "one", "two")
    earlier.wake()
    attempted(broker)
    end(earlier)
    assert (broker.values, left_over(database)) == ([], ["one", "two"])

    broker.is_away = False
    store(database, "three")
    later = OutboxRelay(database, "patient-events", broker.new_producer)
    later.start()

    expect(broker, "one", "two", "three")
    end(later)
    assert left_over(database) == []


def test_a_change_over_the_api_wakes_the_relay(
    api: FlaskClient, database: Database, broker: FakeBroker, running: OutboxRelay
) -> None:
    def published() -> None:
        assert (len(broker.records), left_over(database)) == (count, [])

    for count in (1, 2, 3):
        api.post("/api/patients", json={"vorname": "Test", "nachname": "Probe"})
        wait_until(published, description=f"event {count} is published", timeout=LONG_TIMEOUT)


def test_events_follow_when_the_broker_is_back(
    database: Database, broker: FakeBroker, running: OutboxRelay
) -> None:
    broker.is_away = True
    store(database, "one")
    running.wake()
    attempted(broker)
    store(database, "two")
    running.wake()
    broker.is_away = False

    expect(broker, "one", "two")


def test_a_stop_still_sends_what_the_broker_takes_at_once(
    database: Database, broker: FakeBroker, running: OutboxRelay
) -> None:
    store(database, "one", "two")

    running.stop(timeout=LONG_TIMEOUT)

    assert (broker.values, left_over(database)) == (["one", "two"], [])


def test_the_relay_goes_on_after_the_database_was_away(
    database: Database, broker: FakeBroker, waking: OutboxRelay, caplog: pytest.LogCaptureFixture
) -> None:
    def rename(old: str, new: str) -> None:
        with database.writing() as session:
            session.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))
            session.commit()

    def logged() -> None:
        assert "OperationalError" in caplog.text

    store(database, "one")
    rename("outbox", "elsewhere")
    waking.start()  # not before: the event that it is on its way with would come twice
    wait_until(logged, description="the error is in the log", timeout=LONG_TIMEOUT)
    rename("elsewhere", "outbox")

    expect(broker, "one")


def test_a_broker_that_is_away_is_logged_once_until_it_takes_events_again(
    database: Database, broker: FakeBroker, relay: OutboxRelay, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for _ in range(3):
        broker.producers[0].on_error(KafkaError(KafkaError._ALL_BROKERS_DOWN))
    store(database, "one")
    relay.publish_waiting()
    relay.publish_waiting()

    assert [record.message for record in caplog.records] == [
        "no broker answers; events wait in the outbox until one does",
        "the broker takes events again",
    ]
