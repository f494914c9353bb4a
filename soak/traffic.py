"""What others do on the platform during the runs: they publish valid events or other records, and send requests."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain, cycle, islice

import requests
from confluent_kafka import Producer

from bdd.contracts import asyncapi as contract
from bdd.stacks.embedded.broker import EmbeddedBroker
from reference.shared.kafka.schemas import EventSchema
from soak.platform import IDS_OF_A_RUN

PREFILLED = 100_000
EVENTS_A_SECOND = 2_000
_FLUSH_SECONDS = 60
_TICK_SECONDS = 0.05
_POISON_TICK_SECONDS = 0.5
_PATIENTS_TICK_SECONDS = 0.06
_FOREIGN_IDS = range(1_500_000_000, 2_000_000_000)
_RUNS_IDS = range(IDS_OF_A_RUN, 20 * IDS_OF_A_RUN)
_MEGABYTE = 1_000_000

POISON = (
    b"",
    None,
    b"\xff\xfe\xfd",
    b'{"eventType": "patient.created", "payload":',
    b"[" * 100_000,
    b'{"eventType": "patient.created", "payload": "' + b"x" * _MEGABYTE + b'"}',
)
"""Empty, a tombstone, not UTF-8, not JSON, nested too deeply, a megabyte."""


def foreign_events() -> Iterator[tuple[str, str, bytes]]:
    """Yield topic, key and value of valid events, endlessly; every other event is on the patients' topic.

    A patient's event is about a patient that no run has created. Events of other services may be about any patient:
    their ids are those of the runs.
    """
    topic_of = contract.current().topic_of
    patients = [event_type for event_type, topic in topic_of.items() if topic == "patient-events"]
    others = [event_type for event_type in topic_of if event_type not in patients]
    for event_type in chain.from_iterable(zip(cycle(patients), cycle(others), strict=False)):
        patient_id = random.choice(_FOREIGN_IDS if event_type in patients else _RUNS_IDS)  # noqa: S311 - no secret
        payload: dict[str, object] = {"patient_id": patient_id}
        if event_type in {"patient.created", "patient.updated"}:
            payload["patient_data"] = {
                **dict.fromkeys(contract.current().fields("patient.created", "payload", "patient_data"), "Fremd"),
                "status": "offen",
            }
        event = EventSchema(
            event_type=event_type, producer=f"{event_type.partition('.')[0]}-service", payload=payload
        )
        yield topic_of[event_type], str(patient_id), event.to_json().encode()


@contextmanager
def prefilled(broker: EmbeddedBroker) -> Iterator[None]:
    """Publish foreign events before the block."""
    with _producing(broker) as producer:
        for topic, key, value in islice(foreign_events(), PREFILLED):
            producer.produce(topic, value, key=key)
            producer.poll(0)
    yield


@contextmanager
def foreign_producer(broker: EmbeddedBroker) -> Iterator[None]:
    """Publish valid foreign events during the block."""
    events = foreign_events()
    began, sent = time.monotonic(), 0

    def what_is_due() -> None:
        nonlocal sent
        due = int((time.monotonic() - began) * EVENTS_A_SECOND) - sent
        for topic, key, value in islice(events, due):
            producer.produce(topic, value, key=key)
        sent += due
        producer.poll(0)

    with _producing(broker) as producer, _again_and_again(what_is_due, _TICK_SECONDS):
        yield


@contextmanager
def poison(broker: EmbeddedBroker) -> Iterator[None]:
    """Publish every kind of poison during the block, on one topic after the other."""
    topics = tuple(contract.current().partitions)
    next_topic = cycle(topics)

    def a_dose() -> None:
        topic = next(next_topic)
        for value in POISON:
            producer.produce(topic, value, key=random.choice((None, b"", b"\xff", b"1")))  # noqa: S311 - no secret
        producer.poll(0)

    with _producing(broker) as producer:
        for _ in topics:
            a_dose()
        with _again_and_again(a_dose, _POISON_TICK_SECONDS):
            yield


@contextmanager
def other_patients(api_url: str) -> Iterator[None]:
    """Create, change and delete patients on the same service."""
    path = f"{api_url}/api/patients"
    with requests.Session() as session:
        session.trust_env = False

        def live() -> None:
            data = {"vorname": "Otto", "nachname": "Fremd", "email": "fremd@example.org"}
            created = session.post(path, json=data, timeout=10)
            patient = f"{path}/{created.json()['id']}"
            changed = session.put(patient, json={"status": "auf der Suche"}, timeout=10)
            for response in (created, changed, session.delete(patient, timeout=10)):
                response.raise_for_status()

        with _again_and_again(live, _PATIENTS_TICK_SECONDS):
            yield


@contextmanager
def _again_and_again(action: Callable[[], None], tick: float) -> Iterator[None]:
    """Repeat the action in a thread until the block ends.

    Raises:
        AssertionError: the action failed, so nothing was tested.
    """
    stop = threading.Event()

    def repeat() -> None:
        while not stop.wait(tick):
            action()

    with ThreadPoolExecutor(1) as pool:
        repeating = pool.submit(repeat)
        try:
            yield
        finally:
            stop.set()
    if error := repeating.exception():
        raise AssertionError(f"the traffic broke off, so nothing is proven: {error!r}") from error


@contextmanager
def _producing(broker: EmbeddedBroker) -> Iterator[Producer]:
    """Yield a producer; afterwards the broker must take what is left."""
    # Its log would only report what is left after an interruption; the assertion reports everything else.
    settings = {"linger.ms": 20, "message.max.bytes": 1_048_000, "log_level": 0}
    producer = Producer({"bootstrap.servers": broker.bootstrap_servers, **settings})
    yield producer
    left = producer.flush(_FLUSH_SECONDS)
    assert left == 0, f"the broker did not take {left} foreign records within {_FLUSH_SECONDS} s"
