"""What the file of a run's results holds.

Times are in seconds since 1970 UTC, durations in seconds. Texts are without secrets. A file of this format may have
fields that are not here: a newer version of the suite has added them.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

FORMAT = 1
"""The version of the format. It grows when a reader of the version before would misunderstand a file."""

Status = Literal["passed", "failed", "error", "skipped", "not executed"]
"""`error`: a hook or the suite itself has failed, or a step has no definition. `not executed`: it was selected."""

KnownState = Literal["failed as known", "expired", "passed", "not executed"]
"""`expired`: it failed, and its day is over."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ScenarioName(_Part):
    """What names a scenario: a feature's file, its own name, and its line.

    Attributes:
        feature: the file, relative to the project, with slashes.
        name: the scenario's name; a row of an outline has its values in it.
        line: the line in that file.
    """

    feature: str
    name: str
    line: int = 0

    def __str__(self) -> str:
        """The name and the place: `A deletion is published (features/patient_deleted.feature:4)`."""
        return f"{self.name} ({self.feature}:{self.line})"


class Step(_Part):
    """A step of a scenario.

    Attributes:
        sentence: keyword and words: `When I delete the patient`.
        text: its table or its text below it, one line for each row; empty without one.
        began: when it was begun, None if it was not.
    """

    sentence: str
    status: Status
    text: str = ""
    began: float | None = None
    seconds: float = 0.0


class Exchange(_Part):
    """A request and its response.

    Attributes:
        step: the sentence of the step that sent it.
        noun: what it is about: `patient`.
        operation: method and path as the API's contract has it, `PUT /api/patients/{id}`; empty if it has none.
        status: None without a response.
        body: the response's body as text; without a response, the name of the error.
        in_outage: whether the run kept the database away meanwhile.
    """

    step: str
    noun: str
    method: str
    path: str
    operation: str
    sent: str | None
    status: int | None
    body: str
    sent_at: float
    seconds: float
    in_outage: bool = False

    @property
    def answered_at(self) -> float:
        """When its response had come."""
        return self.sent_at + self.seconds


class Event(_Part):
    """A record of the scenario in Kafka.

    Attributes:
        event_type: of its envelope, empty if the record is not an event.
        value: the record's value as text, None for a tombstone.
        published: the record's timestamp, None if it has none.
        received: when the recorder got it.
        kind: `expected`: it fulfilled an expectation; anything else fulfilled none.
    """

    topic: str
    partition: int
    offset: int
    key: str | None
    event_type: str
    value: str | None
    headers: Sequence[tuple[str, str | None]] = ()
    published: float | None
    received: float
    kind: Literal["expected", "unexpected"]

    @property
    def place(self) -> str:
        """Its place in Kafka: `patient-events/2@0`."""
        return f"{self.topic}/{self.partition}@{self.offset}"


class Difference(_Part):
    """A way in which an event differs from the expected one.

    Attributes:
        sentence: the difference in words, with both values.
        field: the field, such as `eventType` or `payload.patient_data.telefon`; empty for the whole.
    """

    sentence: str
    field: str


class Expectation(_Part):
    """An event that had to be published.

    Attributes:
        step: the sentence of the step whose action causes it.
        payload: the whole expected payload.
        requested_at: when that action was begun.
        deadline: for how many seconds a step has waited for it in vain, None if none has.
        event: the place of the event that fulfilled it, None if none did.
        seconds: how long after the service's response that event was received; below 0 where it came first.
        closest: the place of the closest event, if none fulfilled it and there is one.
        differences: how the closest one differs.
        by_audit: whether no step has waited for the event, but the audit when the run ended.
    """

    event_type: str
    topic: str
    key: str
    payload: Mapping[str, Any]
    step: str
    requested_at: float
    deadline: float | None = None
    event: str | None = None
    seconds: float | None = None
    closest: str | None = None
    differences: Sequence[Difference] = ()
    by_audit: bool = False


class Fence(_Part):
    """A moment up to which everything that had been published was read.

    Attributes:
        step: the sentence of the step that requested it.
        requested_at: when the end offsets were requested.
        seconds: how long it took to read up to them.
    """

    step: str
    requested_at: float
    seconds: float


class Failure(_Part):
    """Why a scenario failed.

    Attributes:
        step: the failed step's sentence; empty where a hook failed.
        message: the whole message.
        cause: the number of its cause as it was printed, None if it has none.
        title: the cause in a clause.
        advice: what to do about it.
        judged: whether the scenario got to what it is about; False if it failed in a step that prepares it.
        late: the event came within its deadline after all, so the scenario counts neither as passed nor as failed.
        evidence: the folder with its evidence.
        logs: the newest lines that the platform logged meanwhile: file name -> text; only where the cause was new.
    """

    step: str
    message: str
    cause: int | None = None
    title: str = ""
    advice: str = ""
    judged: bool = True
    late: bool = False
    evidence: str = ""
    logs: Mapping[str, str] = Field(default_factory=dict)


class Scenario(ScenarioName):
    """A scenario that was executed, or begun.

    Attributes:
        exchanges: its requests, oldest first.
        events: its records, oldest first.
        negative: for each check that no event came: the step's sentence -> the event's type, None for any.
        outages: when the run kept the database away during it: from, until.
        not_kept: how many exchanges and events are not in this file, because the scenario has very many.
        shard: in which shard it was executed, None without shards.
    """

    tags: Sequence[str] = ()
    status: Status
    began: float
    seconds: float
    steps: Sequence[Step] = ()
    exchanges: Sequence[Exchange] = ()
    events: Sequence[Event] = ()
    expectations: Sequence[Expectation] = ()
    negative: Mapping[str, str | None] = Field(default_factory=dict)
    fences: Sequence[Fence] = ()
    outages: Sequence[tuple[float, float]] = ()
    failure: Failure | None = None
    notes: Sequence[str] = ()
    not_kept: int = 0
    shard: str | None = None

    @property
    def failed(self) -> bool:
        """Whether it failed, for whatever reason."""
        return self.status in {"failed", "error"}


class LeftOut(_Part):
    """Scenarios that were selected and left out, and why."""

    reason: str
    scenarios: Sequence[ScenarioName]


class Finding(_Part):
    """What the audit found, which no scenario explains."""

    scenario: ScenarioName
    message: str
    advice: str
    title: str


class Cause(_Part):
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


class KnownFailure(_Part):
    """A failure that is known, from known.yaml.

    Attributes:
        scenario: the scenario's name, or `feature file: name` where two features have that name.
        reason: why it fails.
        who: who takes care of it.
        until: the last day, `2026-12-31`, on which it does not turn a run red.
        state: what came of it in this run.
    """

    scenario: str
    reason: str
    who: str
    until: str
    state: KnownState


class End(_Part):
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
            be told: one sentence each.
        late: the names of scenarios whose event came after their step had stopped waiting, but in time.
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


class Feature(_Part):
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


class Promises(_Part):
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


class Component(_Part):
    """A part of the platform: a service, the broker, the database. What is not known is empty."""

    name: str
    version: str = ""
    image: str = ""
    digest: str = ""
    address: str = ""


class Head(_Part):
    """What identifies a run; written when it begins.

    Attributes:
        id: names the run, and sorts by its beginning.
        began: when.
        stack: how it got its platform; empty if the settings were wrong.
        selection: what names the scenarios that were asked for: paths, tags and names; runs with the same selection
            are compared with each other.
        commit: that of the suite, empty where it is not known.
        changed: whether the suite had changes that were not committed.
        version: the suite's.
        checksums: SHA-256 of the features and of the contracts together: `features`, `contracts`.
        platform: its parts.
        settings: those that were given, without secrets: name -> value.
        seed: of the random programs.
        machine: of this run: name -> value. By its `name` and its `process`, a number, a run is known to go on.
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


class Run(_Part):
    """The results of a run.

    Attributes:
        format: the version of the format.
        run: what identifies it.
        scenarios: those that were executed, in that order.
        end: what is known since it has ended; None while it goes on, and for a run that was killed.
    """

    format: int
    run: Head
    scenarios: Sequence[Scenario]
    end: End | None = None

    @property
    def green(self) -> bool:
        """Whether it ended, and all promises were kept."""
        return self.end is not None and self.end.green

    def not_executed(self) -> Iterator[ScenarioName]:
        """Yield the scenarios that were selected, and neither executed nor left out."""
        done = {(each.feature, each.name, each.line) for each in self.scenarios}
        done |= {(each.feature, each.name, each.line) for out in self.run.left_out for each in out.scenarios}
        yield from (each for each in self.run.selected if (each.feature, each.name, each.line) not in done)
