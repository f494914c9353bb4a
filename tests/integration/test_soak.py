"""The soak on a real broker: each condition is there, and no run under it is red."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from confluent_kafka import IsolationLevel, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from bdd.contracts import asyncapi as contract
from bdd.stacks.embedded.broker import Distribution, EmbeddedBroker
from bdd.system.waiting import wait_until
from soak.conditions import CONDITIONS, Condition
from soak.lagging import lagging_recorders
from soak.soaking import Soak
from soak.transactions import open_transactions
from tests.support.running import FEATURES, QUICK, SLOW_SECONDS, BehaveRun


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda condition: condition.name)
def test_no_run_is_red(tmp_path: Path, distribution: Distribution, condition: Condition) -> None:
    short = replace(condition, features=[[QUICK, str(FEATURES / "unseen.feature")]])
    result = Soak(distribution, tmp_path, tmp_path / "red", print).under(short, rounds=1)
    assert [(outcome.scenarios, outcome.error) for outcome in result.outcomes] == [(2, None)] * condition.together


def test_the_recorder_of_a_run_is_suspended_and_resumed(tmp_path: Path, broker: EmbeddedBroker) -> None:
    run = BehaveRun(tmp_path, QUICK)
    recorder = run.await_child("bdd.recorder")
    with lagging_recorders([run]):
        _eventually(lambda: recorder.status() == psutil.STATUS_STOPPED)
        _eventually(lambda: recorder.status() == psutil.STATUS_SLEEPING)
        assert run.end() == 0, run.output


def test_a_transaction_is_open_again_and_again_and_on_other_topics_always(broker: EmbeddedBroker) -> None:
    admin = AdminClient({"bootstrap.servers": broker.bootstrap_servers})

    def end(topic: str, level: IsolationLevel) -> int:
        request = {TopicPartition(topic, 0): OffsetSpec.latest()}  # type: ignore[no-untyped-call]
        (answer,) = admin.list_offsets(request, isolation_level=level).values()
        return int(answer.result().offset)

    def is_open(topic: str) -> bool:
        return end(topic, IsolationLevel.READ_COMMITTED) < end(topic, IsolationLevel.READ_UNCOMMITTED)

    with open_transactions(broker):
        for _ in range(2):
            _eventually(lambda: is_open("patient-events"))
            _eventually(lambda: not is_open("patient-events"))
            assert is_open("matching-events")
    # The broker writes the end of a transaction into its partitions after it has answered.
    _eventually(lambda: not any(map(is_open, contract.current().partitions)))


def _eventually(condition: Callable[[], bool]) -> None:
    def holds() -> None:
        assert condition()

    wait_until(holds, description="what the condition promises", timeout=SLOW_SECONDS, interval=0.05)
