"""The recorder's fences against a played broker: what they wait for, and what ends the wait."""

import errno
import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from unittest.mock import patch

import pytest
from confluent_kafka import (
    KafkaError,
    KafkaException,
)

from bdd.recorder import incomplete as incomplete_module
from bdd.recorder.brokers import BrokersSilent
from bdd.recorder.consumer import TopicsConsumer
from bdd.recorder.incomplete import Incomplete, Lag
from bdd.recorder.journal import Journal
from tests.support.builders import LONG_TIMEOUT, SHORT_TIMEOUT, stand_in
from tests.support.played_broker import (
    AT_THE_END,
    CANNOT_WRITE,
    DELETED,
    NO_LEADER,
    NO_RIGHT,
    NOT_REPORTED,
    OTHER,
    TOPIC,
    Consume,
    message,
)


def test_two_fences_at_once_assign_a_new_topic_once(consume: Consume) -> None:
    consuming = consume()
    both = threading.Barrier(2)

    def meet() -> None:
        with suppress(threading.BrokenBarrierError):
            both.wait(SHORT_TIMEOUT)

    consuming.broker.while_listing = meet
    with ThreadPoolExecutor(2) as threads:
        fences = [threads.submit(consuming.consumer.fence, LONG_TIMEOUT) for _ in range(2)]
    assert [fence.result() for fence in fences] == [0, 0]
    assert len(consuming.broker.assigned) == len(set(consuming.broker.assigned)) == 2


def test_a_fence_waits_until_the_journal_holds_all_that_was_published_before(consume: Consume) -> None:
    consuming = consume()
    consuming.start()
    consuming.broker.ends |= {(TOPIC, 0): 1, (TOPIC, 1): 2}
    consuming.deliver(message(0, b"1"), message(1, b"2"))
    consuming.entries(2)
    with ThreadPoolExecutor(1) as thread:
        fence = thread.submit(consuming.consumer.fence, LONG_TIMEOUT)
        consuming.deliver(message(0, b"3", partition=0))
        assert fence.result() == 3
    consuming.broker.ends[TOPIC, 0] = 2
    with pytest.raises(Incomplete, match=f"1 record behind: {TOPIC}/0 is read up to 1 of 2\n"):
        consuming.consumer.fence(SHORT_TIMEOUT)


def test_a_fence_that_is_not_reached_reports_how_far_the_journal_is(consume: Consume) -> None:
    consuming = consume(ends={(TOPIC, 0): 4, (TOPIC, 1): 2})
    consuming.start()
    consuming.broker.ends |= {(TOPIC, 0): 9, (TOPIC, 1): 3}
    places = f"{TOPIC}/0 is read up to 4 of 9, {TOPIC}/1 is read up to 2 of 3"
    message = rf"^the recorder is 6 records behind: {places}\n    next: see whether the broker throttles"
    with pytest.raises(Incomplete, match=message):
        consuming.consumer.fence(SHORT_TIMEOUT)


def test_a_fence_waits_for_a_consumer_that_is_slow_as_long_as_it_reads_on(
    consume: Consume, monkeypatch: pytest.MonkeyPatch
) -> None:
    consuming = consume()
    consuming.start()
    clock = itertools.count(
        0.0, 0.6
    )  # each look at the lag is that much later, and a fence may be 1 s without news
    consuming.broker.ends[TOPIC, 0] = 10
    monkeypatch.setattr(incomplete_module, "time", stand_in(time, monotonic=lambda: next(clock)))
    lag = Lag({(TOPIC, 0): 10, (TOPIC, 1): 0}, consuming.consumer._positions)
    for offset in range(10):
        consuming.consumer._take([message(offset, b"{}", partition=0)])
        assert lag.seconds() <= 1.2, "it has just read something"
    assert lag.records == 0
    assert [lag.seconds() < lag.seconds(), lag.seconds() > 1.2] == [True, True], "there is nothing more to read"


def test_what_an_open_transaction_holds_back_is_waited_for_on_needed_topics_alone(consume: Consume) -> None:
    consuming = consume(ends={(TOPIC, 1): 9}, stable={(TOPIC, 1): 7}, topics={TOPIC: 2, OTHER: 1})
    consuming.start()
    assert ("pinned", TOPIC, 1, 7) in consuming.broker.assigned, "the end that a consumer can reach"
    assert consuming.consumer.fence(LONG_TIMEOUT, [OTHER]) == 0, "nobody needs the topic"
    held = (
        rf"^an open transaction on {TOPIC}/1 holds back what was published from offset 7 on: .*\n    next: kafka-"
    )
    for topics in ([TOPIC], [OTHER, TOPIC], []):
        with pytest.raises(Incomplete, match=held):
            consuming.consumer.fence(SHORT_TIMEOUT, topics)
    with ThreadPoolExecutor(1) as thread:
        fence = thread.submit(consuming.consumer.fence, LONG_TIMEOUT, [TOPIC])
        consuming.deliver(message(7, b"{}"), message(9, error=AT_THE_END))
        assert fence.result() == 1, "it was committed in time"


def test_a_partition_without_a_leader_keeps_only_those_waiting_who_need_it(consume: Consume) -> None:
    consuming = consume(topics={TOPIC: 2, OTHER: 1})
    consuming.start()
    consuming.broker.leaderless = OTHER
    assert consuming.consumer.fence(LONG_TIMEOUT, [TOPIC]) == 0
    with pytest.raises(Incomplete, match=NOT_REPORTED):
        consuming.consumer.fence(SHORT_TIMEOUT, [OTHER])


def test_a_topic_that_may_not_be_read_is_named_at_once_to_those_who_need_it(consume: Consume) -> None:
    consuming = consume(topics={TOPIC: 2, OTHER: 1}, ends={(OTHER, 0): 7})
    consuming.start()
    consuming.broker.ends[OTHER, 0] = 9
    consuming.deliver(message(0, error=AT_THE_END), message(0, partition=0, error=AT_THE_END))
    consuming.deliver(message(0, topic=OTHER, partition=0, error=NO_RIGHT))
    consuming.eventually(consuming.consumer.ready.is_set)
    sentence = f"a client without a login may not read the topic {OTHER}"
    assert consuming.consumer.troubles()[OTHER].startswith(f"{sentence}\n    next: kafka-acls.sh")
    assert consuming.grown, "those who follow the journal are woken"
    assert consuming.consumer.fence(LONG_TIMEOUT, [TOPIC]) == 0, "nobody needs the other one"
    with pytest.raises(Incomplete, match=f"^{sentence}\n"):
        consuming.consumer.fence(10 * LONG_TIMEOUT, [OTHER])
    consuming.deliver(message(9, topic=OTHER, partition=0, error=AT_THE_END))
    consuming.eventually(lambda: not consuming.consumer.troubles())
    assert consuming.consumer.fence(LONG_TIMEOUT, [OTHER]) == 0


def test_a_topic_that_is_not_there_any_more_is_named_to_those_who_need_it(consume: Consume) -> None:
    consuming = consume(topics={TOPIC: 2, OTHER: 1})
    consuming.start()
    del consuming.broker.topics[OTHER]
    assert consuming.consumer.fence(LONG_TIMEOUT, [TOPIC]) == 0
    gone = f"the topic {OTHER} is not there any more, or a client without a login may not see it"
    with pytest.raises(Incomplete, match=f"^the broker at kafka:9092 does not report the end offsets: {gone}$"):
        consuming.consumer.fence(SHORT_TIMEOUT, [OTHER])


def test_a_consumer_that_cannot_write_says_so_and_keeps_no_fence_waiting(consume: Consume) -> None:
    consuming = consume()
    consuming.start()
    consuming.eventually(lambda: not consuming.consumer.troubles())
    consuming.broker.ends[TOPIC, 1] = 1
    full = OSError(errno.ENOSPC, "No space left on device", "/tmp/journal.jsonl")  # noqa: S108 - nothing is written
    with ThreadPoolExecutor(1) as thread, patch.object(consuming.journal, "append", side_effect=full):
        fence = thread.submit(consuming.consumer.fence, 10 * LONG_TIMEOUT)
        consuming.deliver(message(0, b"{}"))
        with pytest.raises(Incomplete, match=f"^{CANNOT_WRITE}\n    next: make room there"):
            fence.result(LONG_TIMEOUT)
    consuming.consumer._thread.join(LONG_TIMEOUT)
    assert consuming.consumer.troubles()[""].startswith(CANNOT_WRITE)
    assert consuming.grown, "those who follow the journal are woken"
    with pytest.raises(Incomplete, match=f"^{CANNOT_WRITE}"):
        consuming.consumer.fence(10 * LONG_TIMEOUT)


def test_a_consumer_reads_on_when_the_journal_has_room_again(
    consume: Consume, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = threading.Event()
    monkeypatch.setattr(Journal, "is_full", property(lambda _: full.is_set()))
    consuming = consume()
    consuming.start()
    full.set()
    with patch.object(consuming.broker, "poll", side_effect=AssertionError("it must not be called")):
        looks = len(consuming.broker.assigned)
        consuming.broker.topics[OTHER] = 1
        consuming.eventually(lambda: len(consuming.broker.assigned) > looks)  # it looks for topics all the same
    assert not consuming.consumer.troubles()
    consuming.deliver(message(0, b"{}"))
    full.clear()
    consuming.entries(1)


def test_whatever_ends_the_consuming_thread_is_reported(consume: Consume, caplog: pytest.LogCaptureFixture) -> None:
    consuming = consume(ends={(TOPIC, 1): 3})
    consuming.start()
    with patch.object(consuming.broker, "get_watermark_offsets", side_effect=KafkaException(NO_LEADER)):
        consuming.deliver(message(3, error=DELETED))
        consuming.consumer._thread.join(LONG_TIMEOUT)
    assert consuming.consumer.troubles()[""].startswith("the recorder has stopped reading: KafkaError{")
    assert caplog.messages[-1] == "nothing more is read"


@pytest.mark.parametrize("in_vain", [1, 3])
def test_a_fence_requests_again_the_ends_that_a_restarted_broker_does_not_know_yet(
    in_vain: int, consume: Consume
) -> None:
    consuming = consume(in_vain=in_vain)
    assert consuming.consumer.fence(timeout=LONG_TIMEOUT) == 0
    assert consuming.broker.requested == in_vain + 1
    consuming.broker.in_vain = 1_000_000
    with pytest.raises(Incomplete, match=NOT_REPORTED):
        consuming.consumer.fence(timeout=SHORT_TIMEOUT)


def test_an_end_that_the_client_does_not_know_is_requested_again(consume: Consume) -> None:
    """Otherwise a partition is assigned at no offset at all, and all before its end seems to be lost."""
    consuming = consume(without_offset=2, ends={(TOPIC, 1): 7})
    consuming.start()
    assert ("pinned", TOPIC, 1, 7) in consuming.broker.assigned
    consuming.broker.without_offset = consuming.broker.requested + 2
    consuming.deliver(message(7, error=AT_THE_END), message(0, error=AT_THE_END, partition=0))
    assert consuming.consumer.fence(timeout=LONG_TIMEOUT) == 0


@pytest.mark.parametrize("request_of", [TopicsConsumer.partitions, TopicsConsumer.fence])
def test_a_broker_that_answers_nothing_is_named_after_it_was_asked_again(
    request_of: Callable[[TopicsConsumer, float], object], consume: Consume
) -> None:
    consuming, tries = consume(), []

    def time_out_twice() -> None:
        tries.append(1)
        if len(tries) <= 2:
            raise too_slow

    def time_out() -> None:
        raise too_slow

    too_slow = KafkaException(KafkaError(KafkaError._TIMED_OUT, "too slow"))
    consuming.broker.while_listing = time_out_twice
    request_of(consuming.consumer, LONG_TIMEOUT)
    consuming.broker.while_listing = time_out
    with pytest.raises(
        BrokersSilent, match=r"^the broker at kafka:9092 has answered nothing for 0 s \(too slow\)$"
    ):
        request_of(consuming.consumer, 0)
