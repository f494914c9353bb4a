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


_HALVES = (("features/", "--tags=not @therapist-service"), ("features/", "--tags=@therapist-service"))


@dataclass(frozen=True)
class Condition:
    """A bad condition under which the features must pass.

    Attributes:
        name: its name on the command line.
        description: what is bad.
        features: arguments of behave that choose features, for each round in turn.
        arguments: others of behave, besides the addresses.
        nature: the services' variables (see `soak.service`), in turn too, each for all features.
        around: what happens on the broker during all runs; yields variables for the runs, or None.
        meanwhile: what happens on the services, given their addresses, during a run on them.
        upon: what happens to the processes of the runs that have started at once.
        together: how many runs start at once on the same services.
        parallel: how many rounds, each on services of its own, go on at a time.
    """

    name: str
    description: str
    features: Sequence[Sequence[str]] = _HALVES
    arguments: Sequence[str] = ()
    nature: Sequence[Variables] = ({},)
    around: Callable[[EmbeddedBroker], AbstractContextManager[Variables | None]] = lambda _broker: nullcontext()
    meanwhile: Callable[[Mapping[str, str]], AbstractContextManager[object]] = nullcontext
    upon: Callable[[Sequence[ModuleProcess]], AbstractContextManager[object]] = nullcontext
    together: int = 1
    parallel: int = 3

    def turn(self, number: int) -> tuple[Sequence[str], Variables]:
        """Return the features and the nature of a round; the first round is 1."""
        turn, which = divmod(number - 1, len(self.features))
        return self.features[which], self.nature[turn % len(self.nature)]


_DEADLINES_OF_5_SECONDS = ("-D", "deadline_factor=1")
_MOSTLY_IDLE = 6  # runs at a time that wait for most of their time


def _files(*names: str) -> Sequence[Sequence[str]]:
    return [[f"features/{name}.feature" for name in names]]


def _late(seconds: str, *features: str) -> Condition:
    return Condition(
        f"{seconds}-s-late",
        f"each event is published {seconds} s after its change (deadline 5 s)",
        features=_files(*features),
        arguments=_DEADLINES_OF_5_SECONDS,
        nature=({"SOAK_EVENT_DELAY": seconds},),
    )


CONDITIONS = (
    Condition("prefilled", f"topics that hold {traffic.PREFILLED:,} records already", around=traffic.prefilled),
    Condition(
        "foreign-producer",
        f"{traffic.EVENTS_A_SECOND:,} valid foreign events a second on the same topics",
        around=traffic.foreign_producer,
        parallel=2,
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
    Condition(
        "slow-answers",
        "each response is up to 300 ms late",
        nature=({"SOAK_RESPONSE_DELAY": "0.3"},),
        parallel=_MOSTLY_IDLE,
    ),
    Condition(
        "slow-publishing",
        "each batch of events is published up to 400 ms late",
        nature=({"SOAK_PUBLISH_DELAY": "0.4"},),
        parallel=_MOSTLY_IDLE,
    ),
    _late("0.4", "patient_updated", "event_timing"),
    _late("2", "patient_deleted", "event_timing"),
    _late("4.5", "patient_order"),
    Condition(
        "first-event-late",
        "each service publishes its first event 3 s after the change (deadline 5 s)",
        arguments=_DEADLINES_OF_5_SECONDS,
        nature=({"SOAK_FIRST_EVENT_DELAY": "3"},),
    ),
    Condition(
        "open-transaction",
        f"somebody else's transactions are open, {OPEN_SECONDS:g} s each where events come (deadline 5 s)",
        features=_files("event_timing", "patient_order", "patient_refused", "random_sequences", "topics"),
        arguments=_DEADLINES_OF_5_SECONDS,
        around=open_transactions,
        parallel=_MOSTLY_IDLE,
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
        features=_files(
            "event_timing", "patient_created", "patient_order", "random_sequences", "therapist_blocked", "topics"
        ),
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
