"""Makes the results of a scenario from what it did, expected and got."""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from behave.model import Scenario, Step
from behave.model_type import Status

from bdd.contracts.event import Event
from bdd.kafka.record import Record
from bdd.results import model
from bdd.results.own_part import OwnPart
from bdd.verdict.expectation import Expectation
from bdd.verdict.ledger import Ledger
from bdd.verdict.near_miss import NearMiss, nearest
from bdd.verdict.observer import Observer
from bdd.verdict.scenario_log import Request, ScenarioLog

_MOST = 100  # exchanges, events and expectations of one scenario
_MOST_CLOSEST = 5
_LONGEST = 8_000  # characters of a body or a value
_OF_OTHERS = "It does not belong to this run, so that it is left out."
_LAST_LINES = 40  # of a log
_STATUS: Mapping[Status, model.Status] = {
    Status.passed: "passed",
    Status.failed: "failed",
    Status.skipped: "skipped",
    Status.untested: "not executed",
}
_Any = TypeVar("_Any")


def name_of(scenario: Scenario) -> model.ScenarioName:
    """Return what names a scenario."""
    return model.ScenarioName(feature=file_of(scenario.filename), name=scenario.name, line=scenario.line)


def file_of(filename: str) -> str:
    """Return a feature's file with slashes, on every operating system."""
    return Path(filename).as_posix()


def status_of(status: Status) -> model.Status:
    """Return behave's status of a scenario or a step; whatever is not among the others is an error."""
    return _STATUS.get(status, "error")


def steps_of(scenario: Scenario, began: Mapping[int, float]) -> list[model.Step]:
    """Return the steps of a scenario that has ended.

    Args:
        scenario: the scenario.
        began: when each step began, by its identity.
    """
    return [
        model.Step(
            sentence=f"{step.keyword} {step.name}",
            status=status_of(step.status),
            text=_text_below(step),
            began=began.get(id(step)),
            seconds=step.duration or 0.0,
        )
        for step in scenario.all_steps
    ]


def _text_below(step: Step) -> str:
    if step.table:
        rows = [step.table.headings, *(row.cells for row in step.table.rows)]
        return "\n".join(" | ".join(row) for row in rows)
    return str(step.text or "")


class Collector:
    """Makes the parts of a scenario's results from the logs of the ledger.

    Args:
        ledger: the run's.
        logs: the scenario's own log, and those of its parts.
        operation_of: returns the operation of a method and a path as the API's contract has it.
    """

    def __init__(
        self, ledger: Ledger, logs: Sequence[ScenarioLog], operation_of: Callable[[str, str], str]
    ) -> None:
        self._ledger = ledger
        self._logs = logs
        self._operation_of = operation_of
        self._requests = [each for log in logs for each in log.requests]
        self._own_part = OwnPart(ledger, logs, "scenario")
        self._expectations = [each for log in logs for each in log.expectations]

    def parts(
        self, records: Sequence[Record], observer: Observer | None = None, late: Collection[str] = ()
    ) -> dict[str, Any]:
        """Return what the ledger knows of the scenario: name of the field -> value.

        Args:
            records: the scenario's, oldest first.
            observer: finds the closest event for each expectation that none has fulfilled; None for a scenario
                that has passed.
            late: the places of those that came when the scenario had ended.
        """
        missing = [each for each in self._expectations if each.claim is None][:_MOST_CLOSEST] if observer else []
        closest = {each: miss for each in missing if observer and (miss := nearest(observer, each, self._newest))}
        others = [miss.event.record for miss in closest.values() if miss.event.record not in records]
        counted = (self._requests, records, self._expectations)
        return {
            "exchanges": [self._exchange(each) for each in _first_and_last(self._requests)],
            "events": [self._event(each) for each in [*_first_and_last(records), *others]],
            "expectations": [
                self._expectation(each, closest.get(each), late) for each in self._kept_expectations()
            ],
            "negative": {each.step: each.event_type for log in self._logs for each in log.negative_expectations},
            "not_kept": sum(max(0, len(each) - _MOST) for each in counted),
        }

    def fences(self, steps: Sequence[model.Step]) -> list[model.Fence]:
        """Return the scenario's fences, each with the step in which it was requested."""
        fences = [fence for log in self._logs for fence in log.fences]
        return [
            model.Fence(step=_step_at(requested_at, steps), requested_at=requested_at, seconds=seconds)
            for requested_at, seconds in _first_and_last(sorted(fences))
        ]

    def _kept_expectations(self) -> list[Expectation]:
        """Return the expectations that none has fulfilled first, if there are too many."""
        if len(self._expectations) <= _MOST:
            return self._expectations
        return sorted(self._expectations, key=lambda each: each.claim is not None)[:_MOST]

    def _exchange(self, request: Request) -> model.Exchange:
        exchange = request.exchange
        return model.Exchange(
            step=request.step,
            noun=request.noun,
            method=exchange.method,
            path=exchange.path,
            operation=self._operation_of(exchange.method, exchange.path),
            sent=None if exchange.sent is None else _cut(exchange.sent),
            status=exchange.status,
            body=_cut(self._own_part.of(exchange.body)),
            sent_at=exchange.sent_at,
            seconds=exchange.seconds,
            in_outage=exchange.in_outage,
        )

    def _event(self, record: Record) -> model.Event:
        is_of_run = self._ledger.owner(record) is not None
        event = self._ledger.event(record) if is_of_run else None
        return model.Event(
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            key=record.key_text,
            event_type=event.type if isinstance(event, Event) else "",
            value=_value(record) if is_of_run else _OF_OTHERS,
            headers=[(name, _text(content)) for name, content in record.headers] if is_of_run else [],
            published=record.timestamp / 1000,
            received=record.received,
            kind="expected" if self._ledger.claimant(record) else "unexpected",
        )

    @property
    def _newest(self) -> int:
        return self._ledger.journal.cursor

    def _expectation(
        self, expectation: Expectation, miss: NearMiss | None, late: Collection[str]
    ) -> model.Expectation:
        claim = expectation.claim
        return model.Expectation(
            event_type=expectation.event_type,
            topic=expectation.topic,
            key=expectation.key,
            payload=expectation.payload,
            step=expectation.step,
            requested_at=expectation.requested_at,
            deadline=expectation.deadline,
            event=claim.record.place if claim else None,
            seconds=self._latency(expectation),
            closest=miss.event.record.place if miss else None,
            by_audit=claim is not None and claim.record.place in late,
            differences=[model.Difference(sentence=each, field=each.field) for each in miss.differences]
            if miss
            else [],
        )

    def _latency(self, expectation: Expectation) -> float | None:
        """Return the seconds from the response to the event, None without an event."""
        if expectation.claim is None:
            return None
        answered = next(
            (each.exchange.seconds for each in self._requests if each.exchange.sent_at == expectation.requested_at),
            0.0,
        )
        return expectation.claim.record.received - expectation.requested_at - answered


def last_lines(folder: Path) -> dict[str, str]:
    """Return the newest lines of each log in a folder of evidence: file name -> text."""
    logs = sorted(folder.glob("logs/*")) if folder.name else []
    return {file.name: "\n".join(_lines(file)[-_LAST_LINES:]) for file in logs if file.is_file()}


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        return [f"this could not be read: {error.strerror}"]


def _step_at(moment: float, steps: Sequence[model.Step]) -> str:
    begun = [each.sentence for each in steps if each.began is not None and each.began <= moment]
    return begun[-1] if begun else ""


def _first_and_last(several: Sequence[_Any]) -> Sequence[_Any]:
    """Return all, or only the first and the last ones if there are too many."""
    return several if len(several) <= _MOST else [*several[: _MOST // 2], *several[-_MOST // 2 :]]


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"


def _value(record: Record) -> str | None:
    return None if record.value is None else _cut(_text(record.value))


def _text(data: bytes | None) -> str:
    return (data or b"").decode("utf-8", "backslashreplace")
