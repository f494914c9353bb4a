"""Synthetic results for tests: runs of scenarios about patients, as the suite writes them.

    broken = a_scenario("A deletion is published", "failed")
    nights = history([a_scenario()], [broken, a_scenario("Another one")])
    file = written(folder, nights[-1])

Each argument that is not given has a value that a real run could have. Further arguments are fields of the model.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from bdd.results.model import (
    FORMAT,
    Cause,
    Component,
    End,
    Feature,
    Finding,
    Head,
    LeftOut,
    Promises,
    Run,
    Scenario,
    ScenarioName,
)
from tests.support.scenarios import ADVICE, BEGAN, FEATURE, TITLE, a_failure, a_finding, a_scenario, moved

__all__ = [
    "ADVICE",
    "BEGAN",
    "FEATURE",
    "NIGHT",
    "TITLE",
    "a_failure",
    "a_finding",
    "a_run",
    "a_scenario",
    "history",
    "named",
    "written",
]

NIGHT = 86_400.0
"""A day in seconds: how much later each run of `history` begins."""
_DATA = [f"payload.patient_data.{name}" for name in ("vorname", "nachname", "telefon", "status")]
_PROMISES = Promises(
    events={
        "patient.created": ["eventId", "payload.patient_id", *_DATA],
        "patient.updated": ["eventId", "payload.patient_id", *_DATA],
        "patient.deleted": ["eventId", "payload.patient_id"],
    },
    values={"patient.created": {"payload.patient_data.status": ["offen", "in Therapie"]}},
    operations={
        "POST /api/patients": ["201", "400"],
        "GET /api/patients": ["200", "400"],
        "DELETE /api/patients/{id}": ["200", "404"],
    },
    parameters={"GET /api/patients": {"status": ["offen", "in Therapie"]}},
)


def a_run(
    scenarios: Iterable[Scenario] = (),
    *,
    began: float = BEGAN,
    seconds: float = 15.0,
    findings: Sequence[Finding] = (),
    selected: Sequence[ScenarioName] = (),
    left_out: Sequence[LeftOut] = (),
    killed: bool = False,
    abort_reason: str | None = None,
    end: dict[str, Any] | None = None,
    **head: Any,
) -> Run:
    """Return a run of scenarios; its causes, its verdict and its features follow from them.

    Args:
        scenarios: those that were executed.
        began: when.
        seconds: how long it took.
        findings: what the audit found.
        selected: those that were selected, if more than were executed.
        left_out: those that were left out, and why.
        killed: whether it has no end.
        abort_reason: why it was not executed to its end.
        end: other fields of its end.
        head: other fields of its head.
    """
    given = list(scenarios)
    failures = [each.failure.title for each in given if each.failure]
    titles = list(dict.fromkeys([*failures, *(each.title for each in findings)]))
    done = [_numbered(each, titles) for each in given]
    of_day = dt.datetime.fromtimestamp(began, dt.UTC)
    made: dict[str, Any] = {
        "id": f"{of_day:%Y%m%d-%H%M%S}-{int(began * 1000) % 1_000_000:06d}",
        "stack": "embedded",
        "selection": "features",
        "commit": "9f1c2ab",
        "changed": False,
        "version": "0.2.0",
        "checksums": {"features": "f" * 64, "contracts": "c" * 64},
        "platform": [Component(name="patient-service", version="1.4.0"), Component(name="Kafka", version="4.1.0")],
        "settings": {"deadline": "5"},
        "seed": 1,
        "machine": {"name": "ci-1", "system": "Linux"},
        "features": [Feature(file=f, name=_title(f)) for f in dict.fromkeys(each.feature for each in done)],
        "selected": selected or [named(each) for each in done],
        "left_out": left_out,
        "promises": _PROMISES,
    }
    run = Run(format=FORMAT, run=Head(began=began, **made | head), scenarios=done)
    if killed:
        return run
    failed = sum(each.failed for each in done)
    green = bool(done) and not (failed or findings or abort_reason or any(run.not_executed()))
    of_it = f"{failed} of {len(done)} scenarios failed"
    ending: dict[str, Any] = {
        "ended": began + seconds,
        "green": green,
        "sentence": f"GREEN: {len(done)} scenarios passed" if green else f"RED: {abort_reason or of_it}",
        "abort_reason": abort_reason,
        "audited": abort_reason is None,
        "judged": bool(done),
        "phases": {"start": 1.8, "scenarios": seconds - 4.2, "audit": 2.1, "stop": 0.3},
        "causes": [_cause(number, title, done, findings) for number, title in enumerate(titles, start=1)],
        "findings": findings,
    }
    return run.model_copy(update={"end": End(**ending | (end or {}))})


def history(*nights: Sequence[Scenario], **head: Any) -> list[Run]:
    """Return a run for each night, the oldest first; the scenarios begin two seconds after it."""
    runs = []
    for number, scenarios in enumerate(nights):
        began = BEGAN + number * NIGHT
        of_night = [moved(each, began + 2 + at) for at, each in enumerate(scenarios)]
        runs.append(a_run(of_night, began=began, **head))
    return runs


def written(folder: Path, run: Run) -> Path:
    """Write a run's file as the suite does, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{run.run.id}.json"
    file.write_text(run.model_dump_json(), encoding="utf-8")
    return file


def named(scenario: Scenario) -> ScenarioName:
    """Return what names a scenario."""
    return scenario.as_name


def _title(file: str) -> str:
    return Path(file).stem.replace("_", " ").capitalize()


def _cause(number: int, title: str, scenarios: Sequence[Scenario], findings: Sequence[Finding]) -> Cause:
    failures = [named(each) for each in scenarios if each.failure and each.failure.title == title]
    found = [each for each in findings if each.title == title]
    best = failures[0] if failures else found[0].scenario
    advice = [each.failure.advice for each in scenarios if each.failure and each.failure.title == title]
    advice += [each.advice for each in found]
    return Cause(numbers=[number], title=title, advice=advice[0], failures=failures, findings=len(found), best=best)


def _numbered(scenario: Scenario, titles: Sequence[str]) -> Scenario:
    """Return a scenario whose failure has the number of its cause in the run."""
    if scenario.failure is None:
        return scenario
    number = titles.index(scenario.failure.title) + 1
    return scenario.model_copy(update={"failure": scenario.failure.model_copy(update={"cause": number})})
