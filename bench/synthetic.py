"""Synthetic results of nights: as large as real ones, with failures that last, are new, or come and go.

A scenario has the steps, exchanges and events of a real one: two or three of each, one in twenty far more. Of 500
scenarios 25 fail in the last night.
"""

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bdd.contracts import asyncapi as contract
from bdd.domain.resources import apis, resources
from bdd.domain.test_data import example
from bdd.results.model import (
    FORMAT,
    Cause,
    Component,
    Difference,
    End,
    Event,
    Exchange,
    Expectation,
    Failure,
    Feature,
    Fence,
    Finding,
    Head,
    Run,
    Scenario,
    ScenarioName,
    Step,
)
from bdd.results.promises import promises_of

_FIRST_NIGHT = 1_780_000_000.0
_DAY = 86_400.0
_SECONDS = 0.1  # of a scenario
_OF_A_FEATURE = 20
_CHANGES = (1, 1, 0, 2, 1, 0, 3, 1, 1, 0, 2, 1, 1, 0, 3, 1, 1, 2, 1, 14)
"""How often the patient of a scenario is changed; the scenarios take turns."""
_LASTING, _NEW, _FLAKY = 7, 27, 33  # of each 40
_WRONG = ("telefon", "email", "vorname", "nachname")
_ADVICE = "let the service send what was stored, and once"
_LOG = "2026-05-28 20:26:42,118 INFO relay: an event was sent to patient-events at the first attempt\n" * 40


@dataclass(frozen=True)
class _Action:
    """A request of a scenario: its step, its operation, when it was sent, and the patient."""

    step: str
    method: str
    at: float
    patient: int
    data: dict[str, object]

    @property
    def payload(self) -> dict[str, object]:
        """What its event says."""
        return {"patient_id": self.patient, "patient_data": self.data}


def nights(scenarios: int, runs: int) -> Iterator[Run]:
    """Yield the results of nights, the oldest first.

    Args:
        scenarios: how many each night has.
        runs: how many nights there are.
    """
    promises = promises_of(contract.current(), apis())
    for night in range(runs):
        began = _FIRST_NIGHT + night * _DAY
        done = [_scenario(each, began, _fails(each, runs - night, runs)) for each in range(scenarios)]
        yield Run(
            format=FORMAT,
            run=Head(
                id=f"{dt.datetime.fromtimestamp(began, dt.UTC):%Y%m%d-%H%M%S}-bench0",
                began=began,
                stack="synthetic",
                selection="features",
                platform=[Component(name="patient-service", version=f"1.{night // 10}.0")],
                features=[Feature(file=each, name=each) for each in dict.fromkeys(one.feature for one in done)],
                selected=[each.as_name for each in done],
                promises=promises,
            ),
            scenarios=done,
            end=_end(done, began),
        )


def _fails(number: int, nights_left: int, nights: int) -> bool:
    """Return whether a scenario fails: for the newer half of the nights, in the last one only, or now and then."""
    lasting = number % 40 == _LASTING and nights_left <= nights // 2
    new = number % 40 == _NEW and nights_left == 1
    flaky = number % 40 == _FLAKY and nights_left % 3 == 0
    return lasting or new or flaky


def _scenario(number: int, night: float, fails: bool) -> Scenario:
    began = night + number * _SECONDS
    actions = _actions(number, began)
    published = f"Then the event of patient {number} is published"
    steps = [*(each.step for each in actions), published, "And no other event is published"]
    events = [_event(each, offset) for offset, each in enumerate(actions[:-1])]
    expectations = [_expectation(*each) for each in zip(actions, events, strict=False)]
    if fails:
        events[-1] = events[-1].model_copy(update={"kind": "unexpected"})
        expectations[-1] = _missed(expectations[-1], _WRONG[number // 40 % len(_WRONG)])
    return Scenario(
        feature=f"features/synthetic_{number // _OF_A_FEATURE:03}.feature",
        name=f"Synthetic promise {number}: what happens to a patient is published",
        line=5 + number % _OF_A_FEATURE * 8,
        tags=["synthetic"],
        status="failed" if fails else "passed",
        began=began,
        seconds=_SECONDS,
        steps=[_step(each, began, failed=fails and each == published) for each in steps],
        exchanges=[_exchange(each) for each in actions],
        events=events,
        expectations=expectations,
        negative={steps[-1]: None},
        fences=[Fence(step=each, requested_at=began + 0.08, seconds=0.008) for each in steps[-2:]],
        failure=_failure(published, number) if fails else None,
    )


def _actions(number: int, began: float) -> list[_Action]:
    """Return a creation, changes, and a reading at the end."""
    data = {**example(resources()["patient"], f"bench{number}z"), "status": "offen"}
    changes = _CHANGES[number % len(_CHANGES)]
    steps = ["Given a patient", *(f"When I change it, time {n}" for n in range(changes)), "And I read it"]
    methods = ["POST", *["PUT"] * changes, "GET"]
    return [
        _Action(step, method, began + 0.06 * at / len(steps), number, {**data, "vorname": f"Erika {at}"})
        for at, (step, method) in enumerate(zip(steps, methods, strict=True))
    ]


def _step(sentence: str, began: float, *, failed: bool) -> Step:
    return Step(sentence=sentence, status="failed" if failed else "passed", began=began, seconds=0.012)


def _exchange(action: _Action) -> Exchange:
    is_new = action.method == "POST"
    return Exchange(
        step=action.step,
        noun="patient",
        method=action.method,
        path="/api/patients" if is_new else f"/api/patients/{action.patient}",
        operation=f"{action.method} /api/patients{'' if is_new else '/{id}'}",
        sent=None if action.method == "GET" else json.dumps(action.data),
        status=201 if is_new else 200,
        body=json.dumps({"id": action.patient, **action.data}),
        sent_at=action.at,
        seconds=0.004,
    )


def _event(action: _Action, offset: int) -> Event:
    event_type = f"patient.{'created' if action.method == 'POST' else 'updated'}"
    envelope = {
        "eventId": f"00000000-0000-4000-8000-{action.patient:06}{offset:06}",
        "eventType": event_type,
        "version": "1.0",
        "timestamp": dt.datetime.fromtimestamp(action.at, dt.UTC).isoformat(),
        "producer": "patient-service",
        "payload": action.payload,
    }
    return Event(
        topic="patient-events",
        partition=action.patient % 3,
        offset=offset,
        key=str(action.patient),
        event_type=event_type,
        value=json.dumps(envelope),
        published=action.at + 0.006,
        received=action.at + 0.009 + action.patient % 7 / 1000,
        kind="expected",
    )


def _expectation(action: _Action, event: Event) -> Expectation:
    return Expectation(
        event_type=event.event_type,
        topic=event.topic,
        key=str(action.patient),
        payload=action.payload,
        step=action.step,
        requested_at=action.at,
        event=event.place,
        seconds=event.received - action.at - 0.004,
    )


def _missed(expectation: Expectation, field: str) -> Expectation:
    name = f"payload.patient_data.{field}"
    wrong = Difference(sentence=f'{name} is "Muster", expected "Beispiel"', field=name)
    late = {"event": None, "seconds": None, "deadline": 5.0, "closest": expectation.event}
    return expectation.model_copy(update={**late, "differences": [wrong]})


def _failure(step: str, number: int) -> Failure:
    cause = number // 40 % len(_WRONG)
    title = f"payload.patient_data.{_WRONG[cause]} with another value"
    seen = "\n".join(f"     patient-events/{n % 3}@{n}: patient.updated, patient {number}" for n in range(12))
    return Failure(
        step=step,
        message=f"Expected: the event of patient {number} within 5 s\n     but: {title}\n{seen}",
        cause=cause + 1,
        title=title,
        advice=_ADVICE,
        logs={"patient-service.log": _LOG, "broker.log": _LOG} if number < 40 * len(_WRONG) else {},
    )


def _end(scenarios: Sequence[Scenario], began: float) -> End:
    failed = [(each.as_name, each.failure) for each in scenarios if each.failure]
    causes = {failure.title: failure.cause or 0 for _, failure in failed}
    return End(
        ended=began + len(scenarios) * _SECONDS + 5,
        green=not failed,
        sentence=f"RED: {len(failed)} of {len(scenarios)} scenarios failed" if failed else "GREEN: all passed",
        audited=True,
        phases={"start": 2.0, "scenarios": len(scenarios) * _SECONDS, "audit": 2.0, "stop": 0.1},
        causes=[
            _cause(number, title, [name for name, failure in failed if failure.title == title])
            for title, number in causes.items()
        ],
        findings=[_finding(failed[0][0])] if failed else [],
    )


def _cause(number: int, title: str, failures: Sequence[ScenarioName]) -> Cause:
    return Cause(numbers=[number], title=title, advice=_ADVICE, failures=failures, best=failures[0])


def _finding(scenario: ScenarioName) -> Finding:
    title = "patient.updated comes twice"
    return Finding(scenario=scenario, message=f"{title}: one was expected", advice=_ADVICE, title=title)
