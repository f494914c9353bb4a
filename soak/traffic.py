"""What others do on the platform during the runs: they publish valid events or other records, and send requests."""

import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import chain, cycle, islice

from confluent_kafka import Producer

from bdd.contracts import asyncapi as contract
from bdd.contracts.asyncapi import noun_of
from bdd.domain.entity import Entity
from bdd.domain.resources import resources
from bdd.domain.test_data import a_change, example, made_by_service, stored, values
from bdd.stacks.embedded.broker import EmbeddedBroker
from bdd.system.http import session_for
from reference.shared.kafka.schemas import EventSchema
from soak.platform import IDS_OF_A_RUN
from soak.repeating import again_and_again

PREFILLED = 100_000
EVENTS_A_SECOND = 2_000
_FLUSH_SECONDS = 60
_TICK_SECONDS = 0.05
_POISON_TICK_SECONDS = 0.5
_CLIENTS_TICK_SECONDS = 0.06
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
    """Yield topic, key and value of valid events, endlessly; every other event is about a resource.

    Such an event is about a patient, say, that no run has created. Events of the platform's other services may be
    about any patient: their ids are those of the runs.
    """
    known, topic_of = resources(), contract.current().topic_of
    made = {
        noun: {name: values(each, name)[0] for name in made_by_service(each, None)} for noun, each in known.items()
    }
    data = {noun: stored(each, example(each, "foreign"), made[noun]) for noun, each in known.items()}
    own = [event_type for event_type in topic_of if noun_of(event_type) in known]
    others = [event_type for event_type in topic_of if event_type not in own]
    for event_type in chain.from_iterable(zip(cycle(own), cycle(others), strict=False)):
        noun = noun_of(event_type)
        number = random.choice(_FOREIGN_IDS if noun in known else _RUNS_IDS)  # noqa: S311 - no secret
        if noun in known:
            producer = known[noun].service.name
            payload = Entity(known[noun], number, data[noun]).payload(event_type)
        else:
            producer, payload = f"{noun}-service", {"patient_id": number}
        event = EventSchema(event_type=event_type, producer=producer, payload=payload)
        yield topic_of[event_type], str(number), event.to_json().encode()


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

    with _producing(broker) as producer, again_and_again(what_is_due, _TICK_SECONDS):
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
        with again_and_again(a_dose, _POISON_TICK_SECONDS):
            yield


@contextmanager
def other_clients(api_urls: Mapping[str, str]) -> Iterator[None]:
    """Create, change and delete one of each resource in turn on the same services."""
    turns = cycle(resources().values())
    with session_for(next(iter(api_urls.values()))) as session:

        def live() -> None:
            resource = next(turns)
            path = f"{api_urls[resource.service.name]}{resource.path}"
            created = session.post(path, json=example(resource, "foreign"), timeout=10)
            entity = f"{path}/{created.json()['id']}"
            changed = session.put(entity, json=a_change(resource), timeout=10)
            for response in (created, changed, session.delete(entity, timeout=10)):
                response.raise_for_status()

        with again_and_again(live, _CLIENTS_TICK_SECONDS):
            yield


@contextmanager
def _producing(broker: EmbeddedBroker) -> Iterator[Producer]:
    """Yield a producer; afterwards the broker must take what is left."""
    # Its log would only report what is left after an interruption; the assertion reports everything else.
    settings = {"linger.ms": 20, "message.max.bytes": 1_048_000, "log_level": 0}
    producer = Producer({"bootstrap.servers": broker.bootstrap_servers, **settings})
    yield producer
    left = producer.flush(_FLUSH_SECONDS)
    assert left == 0, f"the broker did not take {left} foreign records within {_FLUSH_SECONDS} s"
