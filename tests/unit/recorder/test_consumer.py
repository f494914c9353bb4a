"""The recorder's consumer against a played broker: what it reads, and from where; when it is ready."""

import logging
import time

import pytest
from confluent_kafka import (
    OFFSET_BEGINNING,
    KafkaError,
    KafkaException,
)

from bdd.kafka.record import Gap, Record, Remade
from bdd.recorder import consumer as consumer_module
from bdd.recorder.incomplete import Incomplete
from tests.support.builders import LONG_TIMEOUT, SHORT_TIMEOUT
from tests.support.played_broker import AT_THE_END, DELETED, NO_LEADER, OTHER, TOPIC, Consume, message


def test_it_joins_no_group_and_commits_nothing(consume: Consume) -> None:
    consuming = consume()
    assert consuming.consumer._thread.daemon, "a process that fails does not wait for its consumer"
    (admin,), (consumer,) = (call.args for call in consuming.clients.call_args_list)
    assert admin["bootstrap.servers"] == consumer["bootstrap.servers"] == "kafka:9092"
    assert admin["logger"] is consumer["logger"] is logging.getLogger("bdd.recorder.consumer")
    expected = {"enable.auto.commit": "false", "enable.partition.eof": "true", "auto.offset.reset": "error"}
    expected["isolation.level"] = "read_committed"
    assert {name: consumer[name] for name in expected} == expected
    assert consumer["group.id"]


def test_it_is_pinned_to_the_ends_of_its_topics_and_ready_when_each_was_reached(
    consume: Consume, caplog: pytest.LogCaptureFixture
) -> None:
    consuming = consume(ends={(TOPIC, 0): 7, (TOPIC, 1): 5}, in_vain=2)
    consuming.start()
    assert consuming.broker.assigned == [("pinned", TOPIC, 0, 7), ("pinned", TOPIC, 1, 5)], "no foreign topic"
    consuming.deliver(message(5, error=AT_THE_END), message(5, b"first"))
    consuming.entries(1)
    assert caplog.messages == [f"not pinned yet: {NO_LEADER}"] * 2 + ["pinned to the end of 2 partitions"]
    assert not consuming.consumer.ready.is_set(), "partition 0 has not reported its end"
    consuming.deliver(message(9, partition=0, error=AT_THE_END))
    consuming.eventually(consuming.consumer.ready.is_set)
    consuming.broker.ends |= {(TOPIC, 0): 9, (TOPIC, 1): 6}
    assert consuming.consumer.fence(LONG_TIMEOUT) == 1, "a transaction's marker has an offset too, and no record"


def test_it_is_ready_at_once_with_a_broker_without_topics(consume: Consume) -> None:
    consuming = consume(topics={"foreign": 1})
    consuming.consumer.start()
    consuming.eventually(consuming.consumer.ready.is_set)
    assert consuming.broker.assigned == []
    assert consuming.consumer.fence(LONG_TIMEOUT) == 0


@pytest.mark.parametrize("hidden", [0, 1, 3])
def test_it_creates_missing_topics_and_is_not_pinned_before_the_broker_lists_them(
    hidden: int, consume: Consume, caplog: pytest.LogCaptureFixture
) -> None:
    consuming = consume(topics={}, hidden=hidden, create_topics=True)
    consuming.start()
    assert consuming.broker.topics == {TOPIC: 2, OTHER: 1}
    assert sorted(place[1:3] for place in consuming.broker.assigned) == [(TOPIC, 0), (TOPIC, 1), (OTHER, 0)]
    assert f"created the topics {TOPIC}, {OTHER}" in caplog.messages


def test_a_record_keeps_what_kafka_holds(consume: Consume, caplog: pytest.LogCaptureFixture) -> None:
    consuming = consume()
    consuming.start()
    before = time.time()
    strange = message(19, b"strange")
    strange.headers = lambda: (_ for _ in ()).throw(SystemError("a name is not UTF-8"))  # type: ignore[attr-defined]
    failed = KafkaError(KafkaError._TRANSPORT, "a broker is down")
    headers = [("source", b"test"), ("empty", None)]
    consuming.deliver(message(17, b"{}", headers=headers), message(18, partition=0, key=None), strange)
    consuming.deliver(message(0, error=failed), message(20, b"last"))
    records = consuming.entries(4)
    assert all(isinstance(each, Record) and before <= each.received <= time.time() for each in records)
    seen = [(r.place, r.timestamp, r.key, r.headers, r.value) for r in records if isinstance(r, Record)]
    assert seen == [
        (f"{TOPIC}/1@17", 17, b"5", tuple(headers), b"{}"),
        (f"{TOPIC}/0@18", 17, None, (), None),
        (f"{TOPIC}/1@19", 17, b"5", (), b"strange"),
        (f"{TOPIC}/1@20", 17, b"5", (), b"last"),
    ]
    assert consuming.grown[-1] == 4, "a listener that is notified can read what has come"
    assert caplog.messages[1:] == [
        "the headers of a record cannot be read: a name is not UTF-8",
        f"librdkafka: {failed}",
    ]


@pytest.mark.parametrize(("position", "last"), [(3, 8), (9, 9), (12, 12)])
def test_records_that_were_deleted_are_a_gap_and_reading_goes_on_behind_it(
    position: int, last: int, consume: Consume, caplog: pytest.LogCaptureFixture
) -> None:
    consuming = consume(ends={(TOPIC, 1): position})
    consuming.start()
    consuming.deliver(message(position, error=DELETED))
    gap = Gap(TOPIC, 1, position, last)
    assert consuming.entries(1) == [gap]
    assert consuming.broker.assigned[2:] == [("removed", TOPIC, 1, -1001), ("added", TOPIC, 1, 9)]
    assert caplog.messages[1:] == [str(gap)]
    consuming.broker.ends[TOPIC, 1] = last + 1
    assert consuming.consumer.fence(LONG_TIMEOUT) == 1, "the gap counts as read"
    consuming.broker.ends[TOPIC, 1] = last + 2
    with pytest.raises(Incomplete, match=f"1 record behind: {TOPIC}/1 is read up to {last + 1} of {last + 2}\n"):
        consuming.consumer.fence(SHORT_TIMEOUT)


def test_a_topic_that_appears_later_is_read_from_its_beginning(
    consume: Consume, caplog: pytest.LogCaptureFixture
) -> None:
    consuming = consume()
    consuming.start()
    failures = [KafkaException(NO_LEADER)]

    def fail_once() -> None:
        if failures:
            raise failures.pop()

    consuming.broker.while_listing = fail_once
    consuming.eventually(lambda: not failures)
    consuming.broker.topics[OTHER] = 1
    consuming.eventually(lambda: len(consuming.broker.assigned) == 3)
    assert consuming.broker.assigned[2] == ("added", OTHER, 0, OFFSET_BEGINNING)
    assert consuming.consumer.fence(LONG_TIMEOUT) == 0, "it is empty"
    assert consuming.broker.created == [], "none is created unless the setting says so"
    consuming.broker.ends[OTHER, 0] = 1
    with pytest.raises(Incomplete, match=f"1 record behind: {OTHER}/0 is read up to 0 of 1\n"):
        consuming.consumer.fence(SHORT_TIMEOUT)
    consuming.eventually(lambda: len(caplog.messages) == 3)
    assert caplog.messages[1:] == [
        f"no topic could be looked up: {NO_LEADER}",
        f"added from the beginning: [('{OTHER}', 0)]",
    ]
    expected = {TOPIC: 2, "foreign": 1, OTHER: 1}
    assert consuming.consumer.partitions(LONG_TIMEOUT) == expected, "internal ones are left out"


def test_it_looks_for_new_topics_only_now_and_then(consume: Consume, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer_module, "_LOOK_FOR_TOPICS_SECONDS", 1000)
    consuming, looks = consume(), []
    consuming.broker.while_listing = lambda: looks.append(1)
    consuming.start()
    for count in (1, 2, 3, 4):
        consuming.deliver(message(count, b"{}"))
        consuming.entries(count)
    assert len(looks) == 3, "twice to be pinned, once since"


def test_a_topic_that_is_deleted_and_made_anew_is_a_loss_and_is_read_from_its_beginning(
    consume: Consume, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_module, "_LOOK_FOR_TOPICS_SECONDS", 1000)
    consuming = consume(topics={TOPIC: 2, OTHER: 1}, ends={(TOPIC, 1): 7})
    consuming.start()
    consuming.deliver(message(7, error=AT_THE_END))
    consuming.broker.ids[TOPIC] = "the second"
    consuming.broker.ends[TOPIC, 1] = 3
    remade = Remade(TOPIC)
    with pytest.raises(Incomplete, match=f"^{remade}$"):
        consuming.consumer.fence(LONG_TIMEOUT, [TOPIC])
    assert consuming.consumer.fence(LONG_TIMEOUT, [OTHER]) == 0, "nobody needs it"
    before = len(consuming.broker.assigned)
    consuming.deliver(message(7, error=DELETED))
    assert consuming.entries(1) == [remade], "not a gap: its offsets begin again"
    consuming.eventually(lambda: len(consuming.broker.assigned) >= before + 4)
    again = [("removed", TOPIC, n, -1001) for n in (0, 1)] + [("added", TOPIC, n, OFFSET_BEGINNING) for n in (0, 1)]
    assert consuming.broker.assigned[before:] == again
    consuming.deliver(message(2, b"{}"))
    consuming.entries(2)
    assert consuming.consumer.fence(LONG_TIMEOUT, [TOPIC]) == 2
