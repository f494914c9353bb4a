"""The bad conditions. Deadlines are the defaults unless a condition sets them."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from bdd.stacks.embedded.broker import EmbeddedBroker
from soak import traffic
from soak.busy import busy_cores
from soak.restarting import restarts

Variables = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Condition:
    """A bad condition under which the features must pass.

    Attributes:
        name: its name on the command line.
        description: what is bad.
        arguments: of behave, besides the addresses.
        nature: a service's variables (see `soak.service`), for each run in turn.
        around: what happens on the broker during all runs; yields variables for the runs, or None.
        beside: what happens on a service, given its address, during its run.
        together: how many runs start at once on one service.
        parallel: how many services are used at a time.
    """

    name: str
    description: str
    arguments: Sequence[str] = ()
    nature: Sequence[Variables] = ({},)
    around: Callable[[EmbeddedBroker], AbstractContextManager[Variables | None]] = lambda _broker: nullcontext()
    beside: Callable[[str], AbstractContextManager[object]] = nullcontext
    together: int = 1
    parallel: int = 3


CONDITIONS = (
    Condition(
        name="prefilled",
        description=f"topics that hold {traffic.PREFILLED:,} records already",
        around=traffic.prefilled,
    ),
    Condition(
        name="foreign-producer",
        description=f"{traffic.EVENTS_A_SECOND:,} valid foreign events a second on the same topics",
        around=traffic.foreign_producer,
    ),
    Condition(
        name="other-patients",
        description="another client creates, changes and deletes patients on the same service",
        beside=traffic.other_patients,
    ),
    Condition(name="poison", description="records that are not events, on all topics", around=traffic.poison),
    Condition(
        name="busy-cores",
        description="CPU kept busy on all cores (deadline_factor=3)",
        arguments=("-D", "deadline_factor=3"),
        around=busy_cores,
    ),
    Condition(
        name="slow-answers",
        description="each response is up to 300 ms late",
        nature=({"SOAK_RESPONSE_DELAY": "0.3"},),
    ),
    Condition(
        name="slow-publishing",
        description="each batch of events is published up to 400 ms late",
        nature=({"SOAK_PUBLISH_DELAY": "0.4"},),
    ),
    Condition(
        name="broker-restarts",
        description="the broker is killed and started again between features",
        arguments=("-f", "pretty", "-f", "soak.restarting:BetweenFeatures"),
        around=restarts,
        parallel=1,
    ),
    Condition(
        name="two-runs",
        description="two runs on the same platform at once",
        together=2,
        parallel=1,
    ),
    Condition(
        name="wrong-clock",
        description="the service's clock is 3 s ahead or behind (clock_tolerance=5)",
        arguments=("-D", "clock_tolerance=5"),
        nature=({"SOAK_CLOCK_OFFSET": "3"}, {"SOAK_CLOCK_OFFSET": "-3"}),
    ),
)
