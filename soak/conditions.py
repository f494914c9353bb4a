"""The bad conditions. Deadlines are ten times the defaults unless a condition sets them."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from bdd.run.process import ModuleProcess
from bdd.stacks.embedded.broker import EmbeddedBroker
from soak import traffic
from soak.busy import busy_cores
from soak.lagging import PAUSE_SECONDS, lagging_recorders
from soak.restarting import restarts
from soak.transactions import OPEN_SECONDS, open_transactions

Variables = Mapping[str, str]


@dataclass(frozen=True)
class Condition:
    """A bad condition under which the features must pass.

    Attributes:
        name: its name on the command line.
        description: what is bad.
        features: the files and folders of the features that are run.
        arguments: of behave, besides the addresses.
        nature: the services' variables (see `soak.service`), for each run in turn.
        around: what happens on the broker during all runs; yields variables for the runs, or None.
        meanwhile: what happens on the services, given their addresses, during a run on them.
        upon: what happens to the processes of the runs that have started at once.
        together: how many runs start at once on the same services.
        parallel: how many rounds, each on services of its own, go on at a time.
    """

    name: str
    description: str
    features: Sequence[str] = ("features/",)
    arguments: Sequence[str] = ()
    nature: Sequence[Variables] = ({},)
    around: Callable[[EmbeddedBroker], AbstractContextManager[Variables | None]] = lambda _broker: nullcontext()
    meanwhile: Callable[[Mapping[str, str]], AbstractContextManager[object]] = nullcontext
    upon: Callable[[Sequence[ModuleProcess]], AbstractContextManager[object]] = nullcontext
    together: int = 1
    parallel: int = 3


_DEADLINES_OF_5_SECONDS = ("-D", "deadline_factor=1")


def _late(seconds: str, *features: str) -> Condition:
    return Condition(
        f"{seconds}-s-late",
        f"each event is published {seconds} s after its change (deadline 5 s)",
        features=features,
        arguments=_DEADLINES_OF_5_SECONDS,
        nature=({"SOAK_EVENT_DELAY": seconds},),
    )


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
    _late("0.4", "features/patient_updated.feature", "features/event_timing.feature"),
    _late("2", "features/patient_deleted.feature", "features/event_timing.feature"),
    _late("4.5", "features/patient_order.feature"),
    Condition(
        "first-event-late",
        "each service publishes its first event 3 s after the change (deadline 5 s)",
        arguments=_DEADLINES_OF_5_SECONDS,
        nature=({"SOAK_FIRST_EVENT_DELAY": "3"},),
    ),
    Condition(
        "open-transaction",
        f"somebody else's transactions are open for {OPEN_SECONDS:g} s each on the topics (deadline 5 s)",
        arguments=_DEADLINES_OF_5_SECONDS,
        around=open_transactions,
    ),
    Condition(
        "lagging-recorder",
        f"the recorder is suspended for {PAUSE_SECONDS:g} s again and again (deadline 5 s)",
        arguments=_DEADLINES_OF_5_SECONDS,
        upon=lagging_recorders,
    ),
    Condition(
        "hangs-up",
        "the services close each connection after the response without saying so",
        nature=({"SOAK_HANGS_UP": "1"},),
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
