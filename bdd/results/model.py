"""What the file of a run's results holds.

Times are in seconds since 1970 UTC, durations in seconds. Texts are without secrets. A file of this format may have
fields that are not here: a newer version of the suite has added them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from bdd.results.scenario import (
    Difference,
    Event,
    Exchange,
    Expectation,
    Failure,
    Fence,
    Part,
    Scenario,
    ScenarioName,
    Status,
    Step,
)

__all__ = [
    "FORMAT",
    "Cause",
    "Component",
    "Difference",
    "End",
    "Event",
    "Exchange",
    "Expectation",
    "Failure",
    "Feature",
    "Fence",
    "Finding",
    "Head",
    "KnownFailure",
    "KnownState",
    "LeftOut",
    "Promises",
    "Run",
    "Scenario",
    "ScenarioName",
    "Status",
    "Step",
    "is_meant",
    "not_executed",
]

FORMAT = 1
"""The version of the format. It grows when a reader of the version before would misunderstand a file."""

KnownState = Literal["failed as known", "expired", "passed", "not executed"]
"""`expired`: it failed, and its day is over. `not executed`: it neither passed nor failed, as after an error."""


class LeftOut(Part):
    """Scenarios that were selected and left out, and why."""

    reason: str
    scenarios: Sequence[ScenarioName]


class Finding(Part):
    """What the audit found, which no scenario explains.

    Attributes:
        title: its cause in a clause.
        cause: the number of its cause as it was printed, None where it is not known.
    """

    scenario: ScenarioName
    message: str
    advice: str
    title: str
    cause: int | None = None


class Cause(Part):
    """What failures and findings have in common.

    Attributes:
        numbers: those under which it was printed, the first one first.
        title: the cause in a clause.
        advice: what to do about it.
        failures: the scenarios that failed because of it.
        not_judged: those of them that failed while they were prepared.
        findings: how many findings of the audit it has.
        best: the scenario that shows it best.
    """

    numbers: Sequence[int]
    title: str
    advice: str
    failures: Sequence[ScenarioName]
    not_judged: Sequence[ScenarioName] = ()
    findings: int = 0
    best: ScenarioName


class KnownFailure(Part):
    """A failure that is known, from known.yaml.

    Attributes:
        scenario: the scenario's name, or `feature file: name` where two features have that name.
        reason: why it fails.
        who: who takes care of it.
        until: the last day, `2026-12-31`, on which it does not turn a run red.
        state: its state in this run.
    """

    scenario: str
    reason: str
    who: str
    until: str
    state: KnownState

    def lets_through(self, scenario: ScenarioName) -> bool:
        """Return whether a failure of a scenario, or a finding about it, does not turn the run red."""
        return self.state == "failed as known" and is_meant(self.scenario, scenario.feature, scenario.name)


class End(Part):
    """What is known when a run has ended.

    Attributes:
        ended: when.
        green: whether all promises were kept.
        sentence: the verdict in one line, as it was printed.
        abort_reason: why the run was not executed to its end and audited, None if it was.
        judged: whether the run says anything of the platform: False if it did not start or executed nothing.
        audited: whether the audit was completed.
        phases: the durations of the run's phases: start, scenarios, audit, stop.
        hook_failures: what failed outside of scenarios, such as a clean-up: one sentence each.
        troubles: what went wrong after the run, and says nothing of the platform, such as a receiver that could not
            be notified: one sentence each.
    """

    ended: float
    green: bool
    sentence: str
    abort_reason: str | None = None
    judged: bool = True
    audited: bool = False
    phases: Mapping[str, float] = Field(default_factory=dict)
    causes: Sequence[Cause] = ()
    findings: Sequence[Finding] = ()
    hook_failures: Sequence[str] = ()
    troubles: Sequence[str] = ()
    known: Sequence[KnownFailure] = ()

    def lets_through(self, scenario: ScenarioName) -> bool:
        """Return whether a failure of a scenario, or a finding about it, does not turn the run red."""
        return any(each.lets_through(scenario) for each in self.known)

    def findings_not_known(self) -> list[Finding]:
        """Return the findings that turn the run red: all but those about known failures."""
        return [each for each in self.findings if not self.lets_through(each.scenario)]


class Feature(Part):
    """A feature: a capability of the platform, and what it promises.

    Attributes:
        file: relative to the project, with slashes.
        name: its title.
        description: the lines below it.
        tags: without @.
    """

    file: str
    name: str
    description: str = ""
    tags: Sequence[str] = ()


class Promises(Part):
    """All that the contracts of this run promise.

    Attributes:
        events: the fields of each event type, such as `payload.patient_data.telefon`: those without fields in them.
        values: event type -> field -> all values that it may have besides null, of fields that have several.
        operations: the status codes of each operation, `GET /api/patients`; `4XX` and `default` mean several.
        parameters: operation -> query parameter -> all values that it may have, none where any will do.
    """

    events: Mapping[str, Sequence[str]] = Field(default_factory=dict)
    values: Mapping[str, Mapping[str, Sequence[Any]]] = Field(default_factory=dict)
    operations: Mapping[str, Sequence[str]] = Field(default_factory=dict)
    parameters: Mapping[str, Mapping[str, Sequence[Any]]] = Field(default_factory=dict)


class Component(Part):
    """A part of the platform: a service, the broker, the database. What is not known is empty."""

    name: str
    version: str = ""
    image: str = ""
    digest: str = ""
    address: str = ""


class Head(Part):
    """What identifies a run; written when it begins.

    Attributes:
        id: names the run, and sorts by its beginning.
        began: when.
        stack: how it got its platform; empty if the settings were wrong.
        selection: what names the scenarios that were requested: paths, tags and names; runs with the same selection
            are compared with each other.
        commit: that of the suite, empty where it is not known.
        changed: whether the suite had changes that were not committed.
        version: the suite's.
        checksums: SHA-256 of the features and of the contracts together: `features`, `contracts`.
        platform: its parts.
        settings: those that were given, without secrets: name -> value.
        seed: of the random programs.
        machine: of this run: name -> value. Its `name` and `process`, a number, show whether the run is running.
        shard: `2/3` for a run of one shard, None for a whole one.
        whole: for a shard, the scenarios of all shards in the order of their execution; empty for a whole run.
        merged_from: the runs of shards that were joined into this one.
        features: the features of which a scenario was selected.
        selected: the scenarios that were selected, in the order of their execution, those of other shards left out.
        left_out: scenarios that were selected and not executed because the platform lacks something, and why.
        promises: what the contracts promise.
    """

    id: str
    began: float
    stack: str = ""
    selection: str = ""
    commit: str = ""
    changed: bool | None = None
    version: str = ""
    checksums: Mapping[str, str] = Field(default_factory=dict)
    platform: Sequence[Component] = ()
    settings: Mapping[str, str] = Field(default_factory=dict)
    seed: int | None = None
    machine: Mapping[str, str] = Field(default_factory=dict)
    shard: str | None = None
    merged_from: Sequence[str] = ()
    features: Sequence[Feature] = ()
    selected: Sequence[ScenarioName] = ()
    whole: Sequence[ScenarioName] = ()
    left_out: Sequence[LeftOut] = ()
    promises: Promises = Promises()


class Run(Part):
    """The results of a run.

    Attributes:
        format: the version of the format.
        run: what identifies it.
        scenarios: those that were executed, in that order.
        end: what is known since it has ended; None while it is running, and for one that was killed.
    """

    format: int
    run: Head
    scenarios: Sequence[Scenario]
    end: End | None = None

    @property
    def green(self) -> bool:
        """Whether it ended, and all promises were kept."""
        return self.end is not None and self.end.green

    def broken(self) -> list[Scenario]:
        """Return the scenarios that failed, without known failures and those whose event came in time after all."""
        failed = [each for each in self.scenarios if each.failed and not (each.failure and each.failure.late)]
        return [each for each in failed if each.status == "error" or not (self.end and self.end.lets_through(each))]

    def not_executed(self) -> Iterator[ScenarioName]:
        """Yield the scenarios that were selected, and neither executed nor left out."""
        return not_executed(self.run.selected, self.run.left_out, self.scenarios)


def is_meant(text: str, feature: str, name: str) -> bool:
    """Return whether a known failure means a scenario, by its name alone or with its feature.

    Args:
        text: what the known failure has for its scenario.
        feature: the feature's file, with slashes.
        name: the scenario's name.
    """
    return text in {name, f"{feature}: {name}"}


def not_executed(
    selected: Iterable[ScenarioName], left_out: Iterable[LeftOut], executed: Iterable[ScenarioName]
) -> Iterator[ScenarioName]:
    """Yield the scenarios that were selected, and neither executed nor left out.

    Args:
        selected: all of a run.
        left_out: those that were left out.
        executed: those that were executed.
    """
    done = {each.identity for each in executed} | {each.identity for out in left_out for each in out.scenarios}
    return (each for each in selected if each.identity not in done)
