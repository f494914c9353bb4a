"""The bad conditions, as a table. Deadlines are the defaults wherever nothing else is said."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field

from soak import traffic
from soak.busy import busy_cores
from soak.platform import Broker
from soak.restarting import restarts

Variables = Mapping[str, str]


@contextmanager
def _prefilled(broker: Broker) -> Iterator[Variables]:
    traffic.prefill(broker.bootstrap_servers)
    yield {}


@contextmanager
def _foreign_producer(broker: Broker) -> Iterator[Variables]:
    with traffic.foreign_producer(broker.bootstrap_servers):
        yield {}


@contextmanager
def _poison(broker: Broker) -> Iterator[Variables]:
    with traffic.poison(broker.bootstrap_servers):
        yield {}


@contextmanager
def _busy_cores(_broker: Broker) -> Iterator[Variables]:
    with busy_cores():
        yield {}


def _restarts(broker: Broker) -> AbstractContextManager[Variables]:
    return restarts(broker.restart)


def _nothing(_place: object) -> AbstractContextManager[Variables]:
    return nullcontext({})


@dataclass(frozen=True, kw_only=True)
class Condition:
    """A bad condition under which the features must stay green.

    Attributes:
        name: for the command line.
        description: what is bad.
        share: its weight among all runs.
        arguments: behave's, beside the addresses.
        nature: a service's variables (see `soak.service`) for each run in turn.
        around: holds on a broker while all runs take place; lends variables to the runs.
        beside: holds on a service (by its address) during its run.
        together: runs that start at once on one service.
        parallel: services with their runs at a time.
    """

    name: str
    description: str
    share: int
    arguments: Sequence[str] = ()
    nature: Sequence[Variables] = field(default_factory=lambda: ({},))
    around: Callable[[Broker], AbstractContextManager[Variables]] = _nothing
    beside: Callable[[str], AbstractContextManager[object]] = _nothing
    together: int = 1
    parallel: int = 3


CONDITIONS = (
    Condition(
        name="prefilled",
        description=f"topics that hold {traffic.PREFILLED:,} records already",
        share=25,
        around=_prefilled,
    ),
    Condition(
        name="foreign-producer",
        description=f"{traffic.EVENTS_A_SECOND:,} valid foreign events a second on the same topics",
        share=25,
        around=_foreign_producer,
    ),
    Condition(
        name="other-patients",
        description="another client creates, changes and deletes patients on the same service",
        share=25,
        beside=traffic.other_patients,
    ),
    Condition(name="poison", description="records that are no events on all topics", share=25, around=_poison),
    Condition(
        name="busy-cores",
        description="CPU kept busy on all cores (deadline_factor=3)",
        share=20,
        arguments=("-D", "deadline_factor=3"),
        around=_busy_cores,
    ),
    Condition(
        name="slow-answers",
        description="each answer is up to 300 ms late",
        share=15,
        nature=({"SOAK_ANSWER_DELAY": "0.3"},),
    ),
    Condition(
        name="slow-publishing",
        description="each batch of events is published up to 400 ms late",
        share=20,
        nature=({"SOAK_PUBLISH_DELAY": "0.4"},),
    ),
    Condition(
        name="broker-restarts",
        description="the broker is killed and started again between features",
        share=10,
        arguments=("-f", "pretty", "-f", "soak.restarting:BetweenFeatures"),
        around=_restarts,
        parallel=1,
    ),
    Condition(
        name="two-runs",
        description="two runs on the same platform at once",
        share=20,
        together=2,
        parallel=1,
    ),
    Condition(
        name="wrong-clock",
        description="the service's clock is 3 s ahead or behind (clock_tolerance=5)",
        share=15,
        arguments=("-D", "clock_tolerance=5"),
        nature=({"SOAK_CLOCK_OFFSET": "3"}, {"SOAK_CLOCK_OFFSET": "-3"}),
    ),
)


def allot(runs: int, conditions: Sequence[Condition] = CONDITIONS) -> dict[str, int]:
    """Divide the runs among the conditions by their shares: name -> runs, for each at least one round."""
    whole = sum(condition.share for condition in conditions)
    allotted, shares_so_far = {}, 0
    for condition in conditions:
        before, shares_so_far = shares_so_far, shares_so_far + condition.share
        part = round(runs * shares_so_far / whole) - round(runs * before / whole)
        rounds = -(-part // condition.together)
        allotted[condition.name] = max(1, rounds) * condition.together
    return allotted
