"""The bad conditions. Deadlines are the defaults unless a condition sets them."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from bdd.stacks.embedded.broker import EmbeddedBroker
from soak import traffic
from soak.busy import busy_cores
from soak.restarting import restarts

Variables = Mapping[str, str]


@dataclass(frozen=True)
class Condition:
    """A bad condition under which the features must pass.

    Attributes:
        name: its name on the command line.
        description: what is bad.
        arguments: of behave, besides the addresses.
        nature: the services' variables (see `soak.service`), for each run in turn.
        around: what happens on the broker during all runs; yields variables for the runs, or None.
        meanwhile: what happens on the services, given their addresses, during a run on them.
        together: how many runs start at once on the same services.
        parallel: how many rounds, each on services of its own, go on at a time.
    """

    name: str
    description: str
    arguments: Sequence[str] = ()
    nature: Sequence[Variables] = ({},)
    around: Callable[[EmbeddedBroker], AbstractContextManager[Variables | None]] = lambda _broker: nullcontext()
    meanwhile: Callable[[Mapping[str, str]], AbstractContextManager[object]] = nullcontext
    together: int = 1
    parallel: int = 3


CONDITIONS = (
    Condition("prefilled", f"topics that hold {traffic.PREFILLED:,} records already", around=traffic.prefilled),
    Condition(
        "foreign-producer",
        f"{traffic.EVENTS_A_SECOND:,} valid foreign events a second on the same topics",
        around=traffic.foreign_producer,
    ),
    Condition(
        "other-clients",
        "another client creates, changes and deletes patients and others on the same services",
        meanwhile=traffic.other_clients,
    ),
    Condition("poison", "records that are not events, on all topics", around=traffic.poison),
    Condition(
        "busy-cores",
        "CPU kept busy on all cores (deadline_factor=3)",
        arguments=("-D", "deadline_factor=3"),
        around=busy_cores,
    ),
    Condition("slow-answers", "each response is up to 300 ms late", nature=({"SOAK_RESPONSE_DELAY": "0.3"},)),
    Condition(
        "slow-publishing",
        "each batch of events is published up to 400 ms late",
        nature=({"SOAK_PUBLISH_DELAY": "0.4"},),
    ),
    Condition(
        "broker-restarts",
        "the broker is killed and started again between features",
        arguments=("-f", "pretty", "-f", "soak.restarting:BetweenFeatures"),
        around=restarts,
        parallel=1,
    ),
    Condition("two-runs", "two runs on the same platform at once", together=2, parallel=1),
    Condition(
        "wrong-clock",
        "the services' clocks are 3 s ahead or behind (clock_tolerance=5)",
        arguments=("-D", "clock_tolerance=5"),
        nature=({"SOAK_CLOCK_OFFSET": "3"}, {"SOAK_CLOCK_OFFSET": "-3"}),
    ),
)
