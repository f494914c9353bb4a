"""The bad conditions. Deadlines are the defaults unless a condition sets them."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from soak import traffic
from soak.busy import busy_cores
from soak.platform import Broker
from soak.restarting import restarts

Variables = Mapping[str, str]


Around = Callable[[Broker], AbstractContextManager[Variables | None]]


def _nothing(_place: object) -> AbstractContextManager[None]:
    return nullcontext()


@dataclass(frozen=True, kw_only=True)
class Condition:
    """A bad condition under which the features must pass.

    Attributes:
        name: its name on the command line.
        description: what is bad.
        share: its weight among all runs.
        arguments: of behave, besides the addresses.
        nature: a service's variables (see `soak.service`), for each run in turn.
        around: what happens on the broker during all runs; yields variables for the runs, or None.
        beside: what happens on a service, given its address, during its run.
        together: how many runs start at once on one service.
        parallel: how many services are used at a time.
    """

    name: str
    description: str
    share: int
    arguments: Sequence[str] = ()
    nature: Sequence[Variables] = ({},)
    around: Around = _nothing
    beside: Callable[[str], AbstractContextManager[object]] = _nothing
    together: int = 1
    parallel: int = 3


CONDITIONS = (
    Condition(
        name="prefilled",
        description=f"topics that hold {traffic.PREFILLED:,} records already",
        share=25,
        around=traffic.prefilled,
    ),
    Condition(
        name="foreign-producer",
        description=f"{traffic.EVENTS_A_SECOND:,} valid foreign events a second on the same topics",
        share=25,
        around=traffic.foreign_producer,
    ),
    Condition(
        name="other-patients",
        description="another client creates, changes and deletes patients on the same service",
        share=25,
        beside=traffic.other_patients,
    ),
    Condition(
        name="poison", description="records that are not events, on all topics", share=25, around=traffic.poison
    ),
    Condition(
        name="busy-cores",
        description="CPU kept busy on all cores (deadline_factor=3)",
        share=20,
        arguments=("-D", "deadline_factor=3"),
        around=busy_cores,
    ),
    Condition(
        name="slow-answers",
        description="each response is up to 300 ms late",
        share=15,
        nature=({"SOAK_RESPONSE_DELAY": "0.3"},),
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
        around=restarts,
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
    """Divide the runs among the conditions by their shares; each gets at least one round."""
    whole = sum(condition.share for condition in conditions)
    return {
        each.name: max(1, round(runs * each.share / whole / each.together)) * each.together for each in conditions
    }
