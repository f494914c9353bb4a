"""What the file of a run's results holds of each scenario; the rest is in `bdd.results.model`."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Status = Literal["passed", "failed", "error", "skipped", "not executed"]
"""`error`: a hook or the suite itself has failed, or a step has no definition. `not executed`: it was selected."""


class Part(BaseModel):
    """A part of a file of results. Fields that a newer version of the suite has added are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class ScenarioName(Part):
    """What names a scenario: a feature's file, its own name, and its line.

    Attributes:
        feature: the file, relative to the project, with slashes.
        name: the scenario's name; a row of an outline has its values in it.
        line: the line in that file.
    """

    feature: str
    name: str
    line: int = 0

    @property
    def identity(self) -> tuple[str, str, int]:
        """What distinguishes it from the other scenarios of a run."""
        return self.feature, self.name, self.line

    @property
    def as_name(self) -> "ScenarioName":
        """The name alone, also of a whole scenario: a name equals only another name."""
        return ScenarioName(feature=self.feature, name=self.name, line=self.line)

    def __str__(self) -> str:
        """The name and the place: `A deletion is published (features/patient_deleted.feature:4)`."""
        return f"{self.name} ({self.feature}:{self.line})"


class Step(Part):
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


class Exchange(Part):
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


class Event(Part):
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


class Difference(Part):
    """A way in which an event differs from the expected one.

    Attributes:
        sentence: the difference in words, with both values.
        field: the field, such as `eventType` or `payload.patient_data.telefon`; empty for the whole.
    """

    sentence: str
    field: str


class Expectation(Part):
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


class Fence(Part):
    """A moment up to which everything that had been published was read.

    Attributes:
        step: the sentence of the step that requested it.
        requested_at: when the end offsets were requested.
        seconds: how long it took to read up to them.
    """

    step: str
    requested_at: float
    seconds: float


class Failure(Part):
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
